"""What an administrator types: commands, the demo, the simulator. Imports all the others.

    main.py             the entry: quiet at Ctrl-C
    commands.py         the commands, and how each of them fails in words
    lazy_command.py     a command that is imported when it is called
    options.py          the option that most of them share
    refusal.py          failing with a sentence; the exit codes
    stop_signal.py      waiting for SIGTERM or Ctrl-C

A running Sitewarden, and how to reach it:

    run.py              `run`
    collector.py        Python's garbage collector, set for it
    installation.py     what it is made of, started and stopped in order
    data_directory.py   where it keeps what it owns
    instance_lock.py    one for each data directory
    open_store.py       the store, as all commands open it
    admin_socket.py     the door for administrators
    admin_client.py     asking through it
    status.py           `status`
    supervise.py        `start`, `stop`, `restart`
    nudge.py            that it should look at the database at once
    find_site.py        a site by its code, or those that there are
    diagnose.py         `diagnose`, from this process
    diagnosis_lines.py  its stages, as they are printed

What it knows:

    migrate.py          `migrate`
    users.py            `user add`, `user token`, `user grant`
    import_fleet.py     `import`
    export.py           `export`
    fleet_file.py       fleet files, read and written
    fleet_diff.py       what an import would change
    toml_text.py        writing TOML

Sites that are not there:

    structure.py        how a structure breathes: what its sensors read
    simulated_fleet.py  what devices publish, and when
    fleet_publisher.py  their link to the broker
    simulate.py         `simulate`
    demo.py             `demo`
    demo_broker.py      its broker, in this process
    demo_sites.py       its three sites, and who falls silent
    demo_trends.py      rates and sparklines
    demo_table.py       the live table, or plain lines
    demo_screen.py      where it is drawn
"""

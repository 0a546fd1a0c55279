"""What happens: the runtime, the tree of actors, MQTT, parsing. Imports store and config.

    runtime.py       the actor thread: sockets, clock ticks, inbox, questions from other threads
    systembase.py    thespian's simple system base with a cheaper queue, and Akka's way of restarting an actor
    base.py          what every actor of ours has in common
    parts.py         what actors work with and do not own
    messages.py      what other threads may ask and command; errors.py: what may go wrong for them
    events.py        what actors tell each other of links; device_events.py: of devices; record_events.py: of records

The tree, from the top; a message's way is one way, downwards and then to the board:

    supervisor.py    the top: reconciling.py (what is wanted), site_actors.py (the sites' actors), dialling.py (their
                     links: places, retries, probes); ward.py: a site as it sees it
      connection.py    a site: link.py (its MQTT link), reception.py (its messages), household.py (its devices)
                       residents.py: their actors; gateway_watch.py: what the loss of a gateway means
        gateway.py       live state of a gateway
        datalogger.py    live state of a datalogger
          sensor.py        readings and extremes of a sensor
                         device.py: what the three have in common
                     children.py: how a parent begins those again that fail; actor_tree.py: all of it, to be looked at
    board.py         newest record of every device: answers questions, feeds the recorder
    recorder.py      write-behind: hands batches to the store's writer; spooling.py: what it does not take
    door.py          lets other threads in: their questions and commands

Decisions, without thespian, paho and peewee:

    availability.py  is a device alive          readings.py    rolling readings, extremes
    backoff.py       when to dial again         reception.py   what becomes of a message
    restarts.py      when to begin again        poison.py      what an actor failed of
    gaps.py          what may be missing
    backlog.py       what waits to be written   topics.py      filters and subscriptions
    commits.py       when it is written         deliveries.py  which messages are counted, and acknowledged
    catalogue.py     a site's topics            device_time.py what a device's clock says
    directory.py     whom a message speaks of   population.py  a site's devices and their actors
    failures.py      why a link failed          parsing/       from bytes to observations
    reason_codes.py  what a broker's code says  losses.py      what an end without a word means
    echo.py          what our presence proves   presence.py    what we say of ourselves
    watchdog.py      what a silence means       takeover.py    has another client our id
    desired.py       what people want, read by a worker

At the edges:

    mqtt.py             an MQTT session over paho, driven by the actor thread; opening.py: how it is opened
    tls_files.py        the files of certificates that a connection names
    buffered_socket.py  saves paho's system calls
    poller.py           which sockets are ready, and whose turn it is
    inbox.py            the one way into the actor thread
    workers.py          threads for what blocks: dialling, reading the database

A connection looked at from outside, in the thread of whoever asks and beside the tree:

    diagnosis.py           the stages in their order
    diagnosis_network.py   DNS, TCP                 stages.py         results, and the fix in words
    diagnosis_tls.py       TLS                      certificates.py   what a broker's certificates say
    diagnosis_session.py   CONNACK, SUBACK, data    trial.py          what is tried, and with which password

For tests alone:

    saboteur.py         an actor that raises on demand
"""

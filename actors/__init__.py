"""What happens: the runtime, the tree of actors, MQTT, parsing. Imports store and config.

    runtime.py       the actor thread: sockets, clock ticks, inbox, questions from other threads
    systembase.py    thespian's simple system base with a cheaper queue and one try per message
    base.py          what every actor of ours has in common
    messages.py      what other threads may ask and command
    events.py        what actors tell each other

The tree, from the top; a message's way is one way, downwards and then to the board:

    supervisor.py    desired state against running children, backoff, ticks
      connection.py    a site: its link, its topics, discovery
        gateway.py       live state of a gateway
        datalogger.py    live state of a datalogger
          sensor.py        readings and extremes of a sensor
    board.py         newest record of every device: answers questions, feeds the recorder
    recorder.py      write-behind: hands batches to the store's writer
    door.py          lets other threads in: their questions and commands

Decisions, without thespian, paho and peewee:

    availability.py  backoff.py  backlog.py  catalogue.py  desired.py  device_time.py  directory.py
    failures.py  readings.py  topics.py  parsing/

At the edges:

    mqtt.py          an MQTT session over paho, driven by the actor thread
    dialing.py       opens a session in a worker thread
"""

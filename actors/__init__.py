"""What happens: the runtime, the tree of actors, MQTT, parsing. Imports store and config.

    runtime.py       the actor thread: sockets, clock ticks, inbox, questions from other threads
    systembase.py    thespian's simple system base with a cheaper queue and one try per message
    base.py          what every actor of ours has in common
    parts.py         what actors work with and do not own
    messages.py      what other threads may ask and command
    events.py        what actors tell each other of links; device_events.py: of devices

The tree, from the top; a message's way is one way, downwards and then to the board:

    supervisor.py    reconciles links with what people want, owns every retry; ward.py: a site as it sees it
      connection.py    a site: link.py (its MQTT link), reception.py (its messages), household.py (its devices)
        gateway.py       live state of a gateway
        datalogger.py    live state of a datalogger
          sensor.py        readings and extremes of a sensor
                         device.py: what the three have in common
    board.py         newest record of every device: answers questions, feeds the recorder
    recorder.py      write-behind: hands batches to the store's writer
    door.py          lets other threads in: their questions and commands

Decisions, without thespian, paho and peewee:

    availability.py  is a device alive          readings.py    rolling readings, extremes
    backoff.py       when to dial again         reception.py   what becomes of a message
    backlog.py       what waits to be written   topics.py      filters and subscriptions
    catalogue.py     a site's topics            device_time.py what a device's clock says
    directory.py     whom a message speaks of   population.py  a site's devices and their actors
    failures.py      why a link failed          parsing/       from bytes to observations
    desired.py       what people want, read by a worker

At the edges:

    mqtt.py             an MQTT session over paho, driven by the actor thread
    buffered_socket.py  saves paho's system calls
    poller.py           which sockets are ready, and whose turn it is
    inbox.py            the one way into the actor thread
    workers.py          threads for what blocks: dialling, reading the database
"""

"""What people and programs see: the REST API, its documentation and the live page. Imports actors, store, config.

    app.py            every route on one screen
    server.py         waitress in a thread of ours

A request's way, from the outside in:

    headers.py        what browsers are told about every answer
    access.py         who is asking: bearer tokens, sites and roles
    contract.py       a responder's signature is its contract: query and body in, a model out
    media.py          JSON in and out, without falcon's traps
    errors.py         every refusal, in one shape, in one place

Where the answers come from:

    live.py           questions to the actors
    database_probe.py whether the database answers
    fleet.py          sites as the database has them, or as the actors do while it is away

What is answered, a resource a file:

    sites.py          statuses.py       supervision.py    connections.py
    diagnosis.py      topics.py         logs.py           gaps.py
    devices.py        labels.py         gateways.py       dataloggers.py
    sensors.py        sensor_view.py    readings.py       health.py
    actors.py

And what they share:

    paging.py         pages and their order
    counts.py         how many devices a site has
    times.py          times as ISO 8601 with `Z`
    routes.py         what a route is
    openapi.py        the OpenAPI document, from routes and signatures
    files.py          the page and the documentation, from a fixed list of files
    page/             the live page and the documentation, as the browser gets them
"""

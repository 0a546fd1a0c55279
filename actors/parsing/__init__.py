"""From a topic and the bytes on it to what they say about devices. Pure: no actor, no socket, no database, no clock.

intake.py                the way of a message: bytes -> JSON -> model -> observations, or `MessageInvalid`
registry.py              which parser takes a topic; the installed parsers (entry points `sitewarden.parsers`)
parser.py                what a parser is, and what it is told
patterns.py              topic patterns with named segments, and what a segment may hold
observations.py          what a message says about gateways, dataloggers and sensors
document.py              strict JSON: no NaN, no control characters, bounded length and depth
acceptance.py            what every observation must keep to, whoever made it
faults.py                why a message was refused, in words that fold in the parsing log
fields.py                the kinds of values that payload models share
datalogger_heartbeat.py  parser: `datalogger/{type}/{instance}/heartbeat`
gateway_heartbeat.py     parser: `gateway/heartbeat`, `gateway/{instance}/heartbeat`
"""

"""What a deployment may change: settings and logging. Imports nothing of ours.

settings.py   every setting with its default, unit and reason; read from environment, `.env`, TOML
bounds.py     how far a setting may go
logging.py    structured log lines, to the console and to rotating files
log_lines.py  what a line looks like: one event one line, no secret
log_files.py  a file that starts anew at midnight and is kept compressed
"""

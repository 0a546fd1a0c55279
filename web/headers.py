"""What browsers are told about every answer."""

import falcon

# Nothing in an answer of the API is to be run, framed or shown as a page (CSP level 3).
NOTHING = "default-src 'none'; frame-ancestors 'none'"
# The live page: our own files only, nothing inline.
OWN_FILES = "default-src 'self'; object-src 'none'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
# Swagger UI, in the documentation, sets styles on its elements and draws its icons from `data:` addresses.
OWN_FILES_AND_STYLES = f"{OWN_FILES}; style-src 'self' 'unsafe-inline'; img-src 'self' data:"


class SecurityHeaders:
    """Middleware. A responder that shows a page sets its own `Content-Security-Policy` and `Cache-Control`."""

    def process_response(
        self, _request: falcon.Request, response: falcon.Response, _resource: object, _succeeded: bool
    ) -> None:
        if response.get_header("Content-Security-Policy") is None:
            response.set_header("Content-Security-Policy", NOTHING)
        if response.get_header("Cache-Control") is None:
            response.set_header("Cache-Control", "no-store")
        response.set_header("X-Content-Type-Options", "nosniff")
        response.set_header("X-Frame-Options", "DENY")
        response.set_header("Referrer-Policy", "no-referrer")

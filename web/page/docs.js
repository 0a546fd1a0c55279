// The documentation: Swagger UI over the OpenAPI document, with the token that the live page was given.

import { Unauthorized, authorization, get, hasToken, takeTokenFromAddress } from "./api.js";

function tell(problem) {
  document.getElementById("problem").textContent = problem;
}

async function show() {
  takeTokenFromAddress();
  if (!hasToken()) return tell("A token is needed: give it to the page at / first, then come back.");
  try {
    globalThis.SwaggerUIBundle({
      spec: await get("openapi.json"),
      dom_id: "#documentation",
      docExpansion: "none",
      requestInterceptor: (request) => {
        request.headers.Authorization = authorization();
        return request;
      },
    });
  } catch (error) {
    tell(error instanceof Unauthorized ? "The token is not valid any more: give another to the page at /." : String(error));
  }
}

show();

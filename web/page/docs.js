// The documentation: Swagger UI over the OpenAPI document, with the token that the live page was given.

import { Unauthorized, authorization, get, hasToken, takeTokenFromAddress } from "./api.js";

function tell(problem) {
  document.getElementById("notice").hidden = false;
  document.getElementById("problem").textContent = problem;
}

async function show() {
  takeTokenFromAddress();
  if (!hasToken()) return tell("The documentation is shown to whoever has a token.");
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
    tell(error instanceof Unauthorized ? "This token is not valid." : error.message);
  }
}

show();

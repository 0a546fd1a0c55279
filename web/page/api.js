// The API, as the browser asks it. The token stays in this tab: it is never in an address that reaches a server.

const API = "/api/v1/";
const STORED_AS = "sitewarden-token";
const DEADLINE_MS = 5000;
const PAGE_SIZE = 1000;

export class Unauthorized extends Error {}

// Take the token out of `#token=...`, and the fragment out of the address bar and the history.
export function takeTokenFromAddress() {
  const token = new URLSearchParams(location.hash.slice(1)).get("token");
  if (token) {
    keepToken(token);
    history.replaceState(null, "", location.pathname);
  }
}

export function keepToken(token) {
  sessionStorage.setItem(STORED_AS, token.trim());
}

export function forgetToken() {
  sessionStorage.removeItem(STORED_AS);
}

export function hasToken() {
  return sessionStorage.getItem(STORED_AS) !== null;
}

export function authorization() {
  return `Bearer ${sessionStorage.getItem(STORED_AS)}`;
}

// The JSON at a path below the API's root. Throws `Unauthorized`, or an error that says why there is no answer.
export async function get(path) {
  const response = await fetch(API + path, {
    headers: { Authorization: authorization() },
    signal: AbortSignal.timeout(DEADLINE_MS),
  });
  if (response.status === 401) throw new Unauthorized();
  if (!response.ok) throw new Error(`The server answers ${response.status}.`);
  return response.json();
}

// All items of a list, however many pages it has.
export async function list(path, filters = {}) {
  const items = [];
  for (let page = 1; ; page += 1) {
    const answer = await get(`${path}?${new URLSearchParams({ ...filters, page, page_size: PAGE_SIZE })}`);
    items.push(...answer.results);
    if (answer.next === null) return items;
  }
}

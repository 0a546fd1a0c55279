// How states and times are shown.

import { setText } from "./keyed.js";

const MOODS = { online: "good", connected: "good", offline: "bad", parked: "bad", error: "bad" };

// Why nothing is known of a device, or why it is offline, where it is not its own silence.
const CAUSES = {
  link_down: "our link to the broker is down",
  gateway_offline: "its gateway is offline",
  gateway_silent: "its gateway is silent too",
  restarted: "not heard since our start",
};

export function why(cause) {
  return cause === "" ? "" : (CAUSES[cause] ?? words(cause));
}

export function words(state) {
  return state.replaceAll("_", " ");
}

export function showState(badge, state) {
  setText(badge, words(state));
  badge.dataset.mood = MOODS[state] ?? "wait";
}

// For what may be days ago.
export function moment(iso) {
  return new Date(iso).toLocaleString();
}

export function time(iso) {
  return iso === null ? "never" : new Date(iso).toLocaleTimeString();
}

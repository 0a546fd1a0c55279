// How states and times are shown.

import { setText } from "./keyed.js";

const MOODS = { online: "good", connected: "good", offline: "bad", parked: "bad", error: "bad" };

export function words(state) {
  return state.replaceAll("_", " ");
}

export function showState(badge, state) {
  setText(badge, words(state));
  badge.dataset.mood = MOODS[state] ?? "wait";
}

export function time(iso) {
  return iso === null ? "never" : new Date(iso).toLocaleTimeString();
}

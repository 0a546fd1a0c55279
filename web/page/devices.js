// The devices of the site that is shown: gateways, and dataloggers with their sensors.

import { build, setText, showList } from "./keyed.js";
import { channelOf, drawSparkline, makeSparkline } from "./sparkline.js";
import { showState, time, why } from "./states.js";

const DECIMALS = 4; // a tenth of a milli-g, finer than the sensors' noise

export function makeGateway() {
  return build("li", "", build("strong"), build("span", "badge"), build("span", "kind"));
}

export function updateGateway(item, gateway) {
  const [label, state, details] = item.children;
  setText(label, gateway.label);
  showState(state, gateway.availability);
  const parts = ["gateway", why(gateway.availability_cause), gateway.ip_address, gateway.firmware_version];
  setText(details, parts.filter(Boolean).join(" · "));
}

export function makeDatalogger() {
  const heading = build("h3", "", build("span", "name"), build("span", "badge"), build("span", "kind"));
  const columns = ["Sensor", "State", "Newest reading", "Lately"].map((title) => {
    const cell = build("th", "", title);
    cell.scope = "col";
    return cell;
  });
  const table = build("table", "", build("thead", "", build("tr", "", ...columns)), build("tbody"));
  return build("article", "datalogger", heading, table);
}

export function updateDatalogger(article, datalogger) {
  const [label, state, details] = article.querySelector("h3").children;
  setText(label, datalogger.label);
  showState(state, datalogger.availability);
  const parts = [
    why(datalogger.availability_cause),
    datalogger.datalogger_type,
    datalogger.acquisition,
    `last heartbeat ${time(datalogger.last_heartbeat)}`,
  ];
  setText(details, parts.filter(Boolean).join(" · "));
  showList(article.querySelector("tbody"), datalogger.sensors, (sensor) => sensor.id, makeSensor, updateSensor);
}

function makeSensor() {
  const label = build("th");
  label.scope = "row";
  const lately = build("td", "", makeSparkline(), build("span", "channel"));
  const state = build("td", "", build("span", "badge"), " ", build("span", "kind"));
  return build("tr", "", label, state, build("td", "values"), lately);
}

function updateSensor(row, sensor) {
  const [label, state, values, lately] = row.children;
  setText(label, sensor.label);
  label.className = sensor.label === sensor.serial_number ? "serial" : ""; // a label has words to break between
  label.title = sensor.serial_number;
  showState(state.firstChild, sensor.availability);
  setText(state.lastChild, why(sensor.availability_cause));
  showReading(values, sensor);
  drawSparkline(lately.firstChild, sensor);
  setText(lately.lastChild, channelOf(sensor));
}

function showReading(cell, sensor) {
  const channels = Object.entries(sensor.readings[0]?.channels ?? {});
  showList(
    cell,
    channels,
    ([name]) => name,
    ([name]) => build("span", "", build("b", "", name), " ", build("span")),
    (element, [, value]) => setText(element.lastChild, number(value)),
  );
  cell.title = sensor.last_reading ? `received ${time(sensor.last_reading)}` : "nothing received yet";
}

function number(value) {
  return String(Number(value.toFixed(DECIMALS)));
}

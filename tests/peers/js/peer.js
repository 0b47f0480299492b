// A merchant of Trustly Europe in JavaScript, by the documentation alone: see ../README.md.
"use strict";

const crypto = require("node:crypto");
const fs = require("node:fs");
const http = require("node:http");
const path = require("node:path");

const [url, directory, username] = process.argv.slice(2);
const secret = (name) => fs.readFileSync(path.join(directory, "secrets", name), "utf8").trim();
const merchantKey = crypto.createPrivateKey(secret("merchant-private.pem"));
const trustlyKey = crypto.createPublicKey(secret("trustly-public.pem"));

// Names in the locale's order, as Trustly's client for JavaScript has them.
function serialise(value) {
  if (value === null) return "";
  if (Array.isArray(value)) return value.map(serialise).join("");
  if (typeof value !== "object") return String(value);
  const names = Object.keys(value).sort((left, right) => left.localeCompare(right));
  return names.map((name) => name + serialise(value[name])).join("");
}

function sign(method, uuid, data) {
  const text = Buffer.from(method + uuid + serialise(data), "utf8");
  return crypto.sign("sha1", text, merchantKey).toString("base64");
}

function check(condition, message) {
  if (!condition) throw new Error(message);
}

function checkSigned(signed, method, uuid) {
  check(signed.method === method && signed.uuid === uuid, `not the answer to ${method} ${uuid}`);
  const text = Buffer.from(method + uuid + serialise(signed.data), "utf8");
  const signature = Buffer.from(signed.signature, "base64");
  check(crypto.verify("sha1", text, trustlyKey, signature), `a wrong signature under ${method}`);
}

async function call(method, members) {
  const uuid = crypto.randomUUID();
  const data = { Username: username, Password: secret("password"), ...members };
  const params = { Signature: sign(method, uuid, data), UUID: uuid, Data: data };
  const body = JSON.stringify({ method, params, version: "1.1" });
  const answer = await (await fetch(url, { method: "POST", body })).json();
  checkSigned(answer.result ?? answer.error.error, method, uuid);
  return answer;
}

// The first notification, verified and acknowledged.
function notification(server) {
  return new Promise((resolve, reject) => {
    server.on("request", (request, response) => {
      const parts = [];
      request.on("data", (part) => parts.push(part));
      request.on("end", () => {
        try {
          const { method, params } = JSON.parse(Buffer.concat(parts).toString("utf8"));
          checkSigned({ method, ...params }, method, params.uuid);
          const data = { status: "OK" };
          const result = { signature: sign(method, params.uuid, data), uuid: params.uuid, method, data };
          response.end(JSON.stringify({ result, version: "1.1" }), () => resolve({ method, params }));
        } catch (error) {
          reject(error);
        }
      });
    });
  });
}

async function main() {
  const server = http.createServer();
  await new Promise((listening) => server.listen(0, "127.0.0.1", listening));
  const told = notification(server);
  const registered = await call("RegisterAccount", {
    EndUserID: "user-js", ClearingHouse: "SWEDEN", BankNumber: "6112", AccountNumber: "69706212",
    Firstname: "Åsa Öberg AB", Lastname: "", Attributes: { AddressCountry: "SE", AddressCity: "Malmö" },
  });
  const payout = {
    AccountID: registered.result.data.accountid, EndUserID: "user-js", MessageID: crypto.randomUUID(),
    Amount: "25.50", Currency: "EUR",
    NotificationURL: `http://127.0.0.1:${server.address().port}/notify/f346212d`,
    Attributes: {
      ShopperStatement: "Demo",
      SenderInformation: {
        Partytype: "PERSON", Address: "Street 1, 12345 Barcelona", CountryCode: "ES",
        Firstname: "Steve", Lastname: "Smith", CustomerID: "123456789", DateOfBirth: "1990-03-31",
      },
    },
  };
  const paid = await call("AccountPayout", payout);
  check(paid.result.data.result === "1", "the payout is not accepted");
  const refused = await call("AccountPayout", { ...payout, AccountID: "9", MessageID: "unknown-js" });
  check(refused.error?.code === 624, "an unknown account is not refused");
  const { method, params } = await told;
  check(method === "payoutconfirmation", `${method} came instead of a confirmation`);
  check(params.data.orderid === paid.result.data.orderid, "it is about another order");
  server.close();
}

setTimeout(() => { console.error("no notification came in time"); process.exit(1); }, 30_000).unref();
main().then(() => process.exit(0), (error) => { console.error(error); process.exit(1); });

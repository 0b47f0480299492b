"""A merchant of Trustly Europe in Python, by the documentation alone: see ../README.md."""

import base64
import http.server
import json
import pathlib
import queue
import sys
import threading
import urllib.error
import urllib.request
import uuid

from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import padding

URL, DIRECTORY, USERNAME = sys.argv[1:]
DEADLINE_SECONDS = 30


def secret(name):
    return (pathlib.Path(DIRECTORY) / "secrets" / name).read_bytes().strip()


MERCHANT_KEY = serialization.load_pem_private_key(secret("merchant-private.pem"), None)
TRUSTLY_KEY = serialization.load_pem_public_key(secret("trustly-public.pem"))


def serialise(value):
    """Names by code point, which in UTF-8 is the order of their bytes."""
    if value is None:
        return ""
    if isinstance(value, list):
        return "".join(serialise(element) for element in value)
    if isinstance(value, dict):
        return "".join(name + serialise(value[name]) for name in sorted(value))
    return str(value)


def sign(method, request_uuid, data):
    text = (method + request_uuid + serialise(data)).encode("utf-8")
    signature = MERCHANT_KEY.sign(text, padding.PKCS1v15(), hashes.SHA1())
    return base64.b64encode(signature).decode("ascii")


def check_signed(signed, method, request_uuid):
    assert (signed["method"], signed["uuid"]) == (method, request_uuid), "not this request's answer"
    text = (method + request_uuid + serialise(signed["data"])).encode("utf-8")
    signature = base64.b64decode(signed["signature"])
    TRUSTLY_KEY.verify(signature, text, padding.PKCS1v15(), hashes.SHA1())


def call(method, members):
    request_uuid = str(uuid.uuid4())
    data = {"Username": USERNAME, "Password": secret("password").decode("ascii"), **members}
    signature = sign(method, request_uuid, data)
    params = {"Signature": signature, "UUID": request_uuid, "Data": data}
    body = json.dumps({"method": method, "params": params, "version": "1.1"}).encode("utf-8")
    try:
        with urllib.request.urlopen(URL, data=body, timeout=DEADLINE_SECONDS) as response:
            answer = json.load(response)
    except urllib.error.HTTPError as error:
        answer = json.load(error)
    check_signed(answer.get("result") or answer["error"]["error"], method, request_uuid)
    return answer


class Notifications(http.server.BaseHTTPRequestHandler):
    """Verifies and acknowledges."""

    told = queue.Queue()

    def do_POST(self):
        message = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        method, params = message["method"], message["params"]
        check_signed({"method": method, **params}, method, params["uuid"])
        data = {"status": "OK"}
        signature = sign(method, params["uuid"], data)
        result = {"signature": signature, "uuid": params["uuid"], "method": method, "data": data}
        answer = json.dumps({"result": result, "version": "1.1"}).encode("utf-8")
        self.send_response(200)
        self.send_header("Content-Length", str(len(answer)))
        self.end_headers()
        self.wfile.write(answer)
        self.told.put((method, params["data"]))

    def log_message(self, *_):
        pass


def main():
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Notifications)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    registered = call("RegisterAccount", {
        "EndUserID": "user-python", "ClearingHouse": "GERMANY", "BankNumber": "",
        "AccountNumber": "DE75512108001245126199", "Firstname": "Åsa", "Lastname": "Öberg",
        "Attributes": {"DateOfBirth": "1990-03-31", "AddressPostalCode": "11253"},
    })
    payout = {
        "AccountID": registered["result"]["data"]["accountid"], "EndUserID": "user-python",
        "MessageID": str(uuid.uuid4()), "Amount": "25.50", "Currency": "SEK",
        "NotificationURL": f"http://127.0.0.1:{server.server_port}/notify/f346212d",
        "Attributes": {"ShopperStatement": "Ö 🦐", "ExternalReference": None},
    }
    paid = call("AccountPayout", payout)["result"]["data"]
    assert paid["result"] == "1", "the payout is not accepted"
    refused = call("AccountPayout", {**payout, "AccountID": "9", "MessageID": "unknown-python"})
    assert refused["error"]["code"] == 624, "an unknown account is not refused"
    method, data = Notifications.told.get(timeout=DEADLINE_SECONDS)
    assert method == "payoutconfirmation", f"{method} came instead of a confirmation"
    assert data["orderid"] == paid["orderid"], "it is about another order"


main()

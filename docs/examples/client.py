"""A whole client: makes a game, scores, loses its connection, and is back. Needs `websockets`."""

import json
import sys
import uuid

from websockets.sync.client import connect

me = {"view": {}}  # and token, epoch, game_id, version, as they become known


def ask(socket, type_, id_=None, **data):
    """Send a message, and take what comes until it is answered; without a type only the latter."""
    id_ = id_ or (uuid.uuid4().hex if type_ else None)
    if type_:
        game_id = me.get("game_id")
        socket.send(json.dumps({"type": type_, "id": id_, "game_id": game_id, "data": data}))
    while True:
        message = json.loads(socket.recv(timeout=10))
        data, version = message["data"], message.get("version")
        me.update({name: data[name] for name in ("token", "epoch") if name in data})
        if "state" in data:  # all of it, or the sections that have changed
            me.update(view=me["view"] | data["state"], version=version)
        print(message["type"], version, data.get("recovered", ""), data.get("facts", ""))
        if message.get("id") == id_:
            return message


tap, score = uuid.uuid4().hex, {"player": 1, "category": "secondary", "delta": 5}
for attempt in range(2):
    with connect(sys.argv[1], subprotocols=["gamesync.v1"]) as socket:
        ask(socket, None)  # the greeting
        resume = {"epoch": me["epoch"], "version": me["version"]} if attempt else None
        ask(socket, "connect", token=me.get("token"), resume=resume)
        if not attempt:
            me["game_id"] = ask(socket, "game_create")["game_id"]
            ask(socket, "setup", op="skip", first_player=1)
            ask(socket, "timer_update", op="start")
        ask(socket, "score_update", tap, **score)  # the second time: same answer, counted once
print("score", [player["score"] for player in me["view"]["scores"]["players"]])

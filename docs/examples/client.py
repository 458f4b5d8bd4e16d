"""A whole client: makes a game, scores, loses its connection, and is back. Needs `websockets`."""
import json
import sys
import uuid
from websockets.sync.client import connect

me = {"token": None, "game_id": None, "epoch": None, "version": 0, "view": {}}

def hear(socket):
    message = json.loads(socket.recv(timeout=10))
    data = message["data"]
    me["token"], me["epoch"] = data.get("token", me["token"]), data.get("epoch", me["epoch"])
    if "state" in data:  # all of it, or the sections that have changed
        me["view"] |= data["state"]
        me["version"] = message["version"]
    print(message["type"], message.get("version", ""), *(f["fact"] for f in data.get("facts", ())))
    return message

def ask(socket, type_, id_=None, **data):
    id_ = id_ or uuid.uuid4().hex
    socket.send(json.dumps({"type": type_, "id": id_, "game_id": me["game_id"], "data": data}))
    while (message := hear(socket)).get("id") != id_:
        pass
    return message

tap, score = uuid.uuid4().hex, {"player": 1, "category": "secondary", "delta": 5}
with connect(sys.argv[1], subprotocols=["gamesync.v1"]) as socket:
    hear(socket)  # the greeting
    ask(socket, "connect", client_type="host")  # for a token: ids then hold across connections
    me["game_id"] = ask(socket, "game_create", player1_name="Anna", player2_name="Li")["game_id"]
    ask(socket, "game_state")
    ask(socket, "setup", op="skip", first_player=1)
    ask(socket, "timer_update", op="start")
    ask(socket, "score_update", tap, **score)
with connect(sys.argv[1], subprotocols=["gamesync.v1"]) as socket:
    hear(socket)
    resume = {"epoch": me["epoch"], "version": me["version"]}
    print("recovered", ask(socket, "connect", token=me["token"], resume=resume)["data"]["recovered"])
    ask(socket, "score_update", tap, **score)  # had it arrived? the same answer, and counted once
    print("score", [player["score"] for player in me["view"]["scores"]["players"]])

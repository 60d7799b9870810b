"""The messages of the Cosmos SDK 0.47 and of CosmWasm that this ledger speaks, with the SDK's own field numbers.

They live in a pool of their own, so that another library in the same process may bring the whole SDK. A field that is
not listed is not spoken. Enumerations are written as int32, and messages inside of messages stand beside them: neither
shows on the wire. Encoding is that of ADR-027: fields in order, defaults left out.

Source: cosmos-sdk v0.47 proto/cosmos/{base,bank,authz,auth,crypto,tx}, wasmd proto/cosmwasm/wasm/v1/tx.proto.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from google.protobuf import any_pb2, descriptor_pb2, descriptor_pool, message_factory

_SDK = """
cosmos.base.v1beta1.Coin { string denom = 1; string amount = 2; }
cosmos.bank.v1beta1.MsgSend {
    string from_address = 1; string to_address = 2; repeated cosmos.base.v1beta1.Coin amount = 3; }
cosmos.bank.v1beta1.Input { string address = 1; repeated cosmos.base.v1beta1.Coin coins = 2; }
cosmos.bank.v1beta1.Output { string address = 1; repeated cosmos.base.v1beta1.Coin coins = 2; }
cosmos.bank.v1beta1.MsgMultiSend {
    repeated cosmos.bank.v1beta1.Input inputs = 1; repeated cosmos.bank.v1beta1.Output outputs = 2; }
cosmos.bank.v1beta1.QueryBalanceRequest { string address = 1; string denom = 2; }
cosmos.bank.v1beta1.QueryBalanceResponse { cosmos.base.v1beta1.Coin balance = 1; }
cosmos.authz.v1beta1.MsgExec { string grantee = 1; repeated google.protobuf.Any msgs = 2; }
cosmwasm.wasm.v1.MsgExecuteContract {
    string sender = 1; string contract = 2; bytes msg = 3; repeated cosmos.base.v1beta1.Coin funds = 5; }
cosmos.crypto.secp256k1.PubKey { bytes key = 1; }
cosmos.auth.v1beta1.QueryAccountRequest { string address = 1; }
cosmos.auth.v1beta1.QueryAccountResponse { google.protobuf.Any account = 1; }
cosmos.auth.v1beta1.BaseAccount {
    string address = 1; google.protobuf.Any pub_key = 2; uint64 account_number = 3; uint64 sequence = 4; }
cosmos.base.abci.v1beta1.TxResponse {
    int64 height = 1; string txhash = 2; string codespace = 3; uint32 code = 4; string data = 5; string raw_log = 6;
    string info = 8; int64 gas_wanted = 9; int64 gas_used = 10; google.protobuf.Any tx = 11; string timestamp = 12; }
cosmos.base.abci.v1beta1.GasInfo { uint64 gas_wanted = 1; uint64 gas_used = 2; }
cosmos.tx.v1beta1.TxBody {
    repeated google.protobuf.Any messages = 1; string memo = 2; uint64 timeout_height = 3; }
cosmos.tx.v1beta1.ModeInfoSingle { int32 mode = 1; }
cosmos.tx.v1beta1.ModeInfo { cosmos.tx.v1beta1.ModeInfoSingle single = 1; }
cosmos.tx.v1beta1.SignerInfo {
    google.protobuf.Any public_key = 1; cosmos.tx.v1beta1.ModeInfo mode_info = 2; uint64 sequence = 3; }
cosmos.tx.v1beta1.Fee {
    repeated cosmos.base.v1beta1.Coin amount = 1; uint64 gas_limit = 2; string payer = 3; string granter = 4; }
cosmos.tx.v1beta1.AuthInfo {
    repeated cosmos.tx.v1beta1.SignerInfo signer_infos = 1; cosmos.tx.v1beta1.Fee fee = 2; }
cosmos.tx.v1beta1.TxRaw { bytes body_bytes = 1; bytes auth_info_bytes = 2; repeated bytes signatures = 3; }
cosmos.tx.v1beta1.Tx {
    cosmos.tx.v1beta1.TxBody body = 1; cosmos.tx.v1beta1.AuthInfo auth_info = 2; repeated bytes signatures = 3; }
cosmos.tx.v1beta1.SignDoc {
    bytes body_bytes = 1; bytes auth_info_bytes = 2; string chain_id = 3; uint64 account_number = 4; }
cosmos.tx.v1beta1.BroadcastTxRequest { bytes tx_bytes = 1; int32 mode = 2; }
cosmos.tx.v1beta1.BroadcastTxResponse { cosmos.base.abci.v1beta1.TxResponse tx_response = 1; }
cosmos.tx.v1beta1.SimulateRequest { bytes tx_bytes = 2; }
cosmos.tx.v1beta1.SimulateResponse { cosmos.base.abci.v1beta1.GasInfo gas_info = 1; }
cosmos.tx.v1beta1.GetTxRequest { string hash = 1; }
cosmos.tx.v1beta1.GetTxResponse {
    cosmos.tx.v1beta1.Tx tx = 1; cosmos.base.abci.v1beta1.TxResponse tx_response = 2; }
cosmos.tx.v1beta1.GetTxsEventRequest {
    repeated string events = 1; int32 order_by = 3; uint64 page = 4; uint64 limit = 5; }
cosmos.tx.v1beta1.GetTxsEventResponse {
    repeated cosmos.tx.v1beta1.Tx txs = 1; repeated cosmos.base.abci.v1beta1.TxResponse tx_responses = 2; }
tendermint.p2p.DefaultNodeInfo { string network = 4; }
cosmos.base.tendermint.v1beta1.GetNodeInfoRequest { }
cosmos.base.tendermint.v1beta1.GetNodeInfoResponse { tendermint.p2p.DefaultNodeInfo default_node_info = 1; }
"""
_FIELD = re.compile(r"(repeated )?([\w.]+) (\w+) = (\d+);")

SIGN_MODE_DIRECT = 1
BROADCAST_MODE_SYNC = 2


def _messages() -> Mapping[str, Any]:
    """Every class by its full name."""
    pool: Any = descriptor_pool.DescriptorPool()
    pool.AddSerializedFile(any_pb2.DESCRIPTOR.serialized_pb)
    files: dict[str, descriptor_pb2.FileDescriptorProto] = {}
    for full, body in re.findall(r"([\w.]+) \{(.*?)\}", _SDK, re.DOTALL):
        package, _, name = str(full).rpartition(".")
        file = files.setdefault(
            package, descriptor_pb2.FileDescriptorProto(name=package, package=package, syntax="proto3")
        )
        message = file.message_type.add(name=name)
        for repeated, kind, field_name, number in _FIELD.findall(body):
            field = message.field.add(name=field_name, number=int(number))
            field.label = field.LABEL_REPEATED if repeated else field.LABEL_OPTIONAL
            if "." in kind:
                field.type, field.type_name = field.TYPE_MESSAGE, f".{kind}"
                home = kind.rpartition(".")[0]
                needed = any_pb2.DESCRIPTOR.name if home == "google.protobuf" else home
                if needed != package and needed not in file.dependency:
                    file.dependency.append(needed)
            else:
                field.type = descriptor_pb2.FieldDescriptorProto.Type.Value(f"TYPE_{kind.upper()}")
    for file in files.values():
        pool.Add(file)
    names = [f"{file.package}.{message.name}" for file in files.values() for message in file.message_type]
    return {name: message_factory.GetMessageClass(pool.FindMessageTypeByName(name)) for name in names}


_CLASSES = _messages()


def make(name: str, **fields: Any) -> Any:
    """A message by its full name in the SDK."""
    return _CLASSES[name](**fields)


def read(name: str, content: bytes) -> Any:
    """Read a message.

    Raises:
        google.protobuf.message.DecodeError: The bytes are no such message.
    """
    return _CLASSES[name].FromString(content)


def known(name: str) -> bool:
    """Whether such a message is spoken."""
    return name in _CLASSES


def written(message: Any) -> bytes:
    """The bytes of a message, the same for the same content."""
    return message.SerializeToString(deterministic=True)


def packed(message: Any) -> dict[str, Any]:
    """A message as fields of google.protobuf.Any, to be put where one is wanted."""
    return {"type_url": f"/{message.DESCRIPTOR.full_name}", "value": written(message)}

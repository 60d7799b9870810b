"""Generates the Python code of the wire contract: `python proto/generate.py [--out FOLDER] [--image FILE] [--golden]`.

protoc runs as `protoc -I proto --python_out=OUT --pyi_out=OUT --grpc_python_out=OUT`; nothing is rewritten afterwards.
The contract reads its validation rules with `import option "buf/validate/validate.proto"`: an option import leaves no
trace in the generated code, so no package `buf` has to be installed. protoc takes that file from the descriptor inside
protovalidate. `--image` writes the parsed contract as a descriptor set instead, for `buf lint` and `buf breaking`.

`--golden` writes that set, without comments, to proto/golden/v1.binpb: what the last release promised. Nothing of it
may break; it is renewed at a release and at no other time.
"""

import argparse
import sys
import tempfile
from importlib.resources import files
from pathlib import Path

from google.protobuf import descriptor_pb2, duration_pb2, field_mask_pb2, timestamp_pb2
from grpc_tools import protoc
from protovalidate._gen.buf.validate import validate_pb

PROTO = Path(__file__).parent
GOLDEN = PROTO / "golden" / "v1.binpb"


def _validate_descriptors() -> bytes:
    """Return the descriptors of validate.proto and of the files it imports, as a serialized set."""
    descriptors = descriptor_pb2.FileDescriptorSet()
    for module in (descriptor_pb2, duration_pb2, field_mask_pb2, timestamp_pb2):
        descriptors.file.add().ParseFromString(module.DESCRIPTOR.serialized_pb)
    descriptors.file.add().ParseFromString(validate_pb.FieldRules.desc().file.proto.to_binary())
    return descriptors.SerializeToString()


def main() -> int:
    """Run protoc and return its exit code."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument(
        "--out", type=Path, default=PROTO, help="folder for the generated code (default: beside the contract)"
    )
    parser.add_argument("--image", type=Path, help="write a descriptor set to this file and no code")
    parser.add_argument("--golden", action="store_true", help=f"write it to {GOLDEN.relative_to(PROTO.parent)}")
    arguments = parser.parse_args()
    sources = sorted(str(path) for path in (PROTO / "c4e").rglob("*.proto"))
    if not sources:
        parser.error(f"there is no .proto file under {PROTO / 'c4e'}")
    if arguments.golden:
        GOLDEN.parent.mkdir(exist_ok=True)
        targets = ["--include_imports", f"--descriptor_set_out={GOLDEN}"]
    elif arguments.image:
        targets = ["--include_imports", "--include_source_info", f"--descriptor_set_out={arguments.image}"]
    else:
        targets = [f"--{kind}_out={arguments.out}" for kind in ("python", "pyi", "grpc_python")]
    with tempfile.NamedTemporaryFile(suffix=".binpb") as descriptors:
        descriptors.write(_validate_descriptors())
        descriptors.flush()
        well_known = files("grpc_tools") / "_proto"
        return protoc.main(
            ["protoc", f"-I{PROTO}", f"-I{well_known}", f"--descriptor_set_in={descriptors.name}", *targets, *sources]
        )


if __name__ == "__main__":
    sys.exit(main())

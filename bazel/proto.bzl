"""Protobuf and gRPC C++ code from .proto files, with Debian's protoc and gRPC plugin."""

load("//bazel:cc.bzl", "cc_library")

def cc_proto(name, srcs, deps = [], grpc = False, **kwargs):
    """A cc_library of the messages (and, with grpc, the services) of `srcs`.

    Args:
      name: the target.
      srcs: .proto files of this package; imports are relative to //proto.
      deps: other cc_proto targets that these import.
      grpc: also generate service stubs and skeletons.
      **kwargs: passed to the library.
    """
    suffixes = [".pb"] + ([".grpc.pb"] if grpc else [])
    headers = [s.replace(".proto", x + ".h") for s in srcs for x in suffixes]
    sources = [s.replace(".proto", x + ".cc") for s in srcs for x in suffixes]
    plugin = "--plugin=protoc-gen-grpc=/usr/bin/grpc_cpp_plugin --grpc_out=$(RULEDIR)" if grpc else ""
    native.genrule(
        name = name + "_gen",
        srcs = srcs,
        outs = headers + sources,
        tools = ["//proto:protos"],
        cmd = "protoc -Iproto -I/usr/include --cpp_out=$(RULEDIR) %s $(SRCS)" % plugin,
    )
    native.cc_library(
        name = name,
        srcs = sources,
        hdrs = headers,
        includes = ["."],
        linkstatic = True,
        copts = ["-w"],
        deps = deps + ["//bazel/third_party:protobuf"] + (["//bazel/third_party:grpc++"] if grpc else []),
        **kwargs
    )

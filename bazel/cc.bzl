"""Our cc_library, cc_binary and cc_test: the same warnings everywhere, errors all of them."""

WARNINGS = [
    "-Wall",
    "-Wextra",
    "-Wnon-virtual-dtor",
    "-Woverloaded-virtual",
    "-Wshadow",
    "-Wthread-safety",
    "-Wthread-safety-beta",
    "-Werror",
    "-Wno-unused-parameter",
    "-Wno-sign-compare",
]

def cc_library(name, copts = [], **kwargs):
    native.cc_library(name = name, copts = WARNINGS + copts, linkstatic = True, **kwargs)

def cc_binary(name, copts = [], **kwargs):
    native.cc_binary(name = name, copts = WARNINGS + copts, **kwargs)

def cc_test(name, srcs = None, copts = [], deps = [], size = "small", **kwargs):
    """A GoogleTest test; srcs defaults to NAME.cc."""
    native.cc_test(
        name = name,
        srcs = srcs or [name + ".cc"],
        copts = WARNINGS + copts,
        deps = deps + ["//bazel/third_party:gtest_main"],
        size = size,
        linkstatic = True,
        **kwargs
    )

def cc_fuzz_test(name, srcs, corpus = [], deps = [], **kwargs):
    """A fuzz target: replays its corpus as a test, and fuzzes for real when built with --config=fuzz.

    The source defines LLVMFuzzerTestOneInput. `./dev fuzz` runs all of them for a while.
    """
    native.cc_test(
        name = name,
        srcs = srcs,
        copts = WARNINGS,
        deps = deps + select({
            "//bazel:fuzzing": [],
            "//conditions:default": ["//bazel:fuzz_replay_main"],
        }),
        linkopts = select({
            "//bazel:fuzzing": ["-fsanitize=fuzzer"],
            "//conditions:default": [],
        }),
        args = ["$(location %s)" % c for c in corpus] if corpus else [],
        data = corpus,
        size = "small",
        tags = ["fuzz"],
        linkstatic = True,
        **kwargs
    )

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

_COMMON = ["-include-pch", "$(BINDIR)/bazel/common.pch"]
_COMMON_OF_TESTS = ["-include-pch", "$(BINDIR)/bazel/common_of_tests.pch"]

def cc_library(name, copts = [], deps = [], precompiled = True, **kwargs):
    """A library; `precompiled = False` where copts are at odds with those of the precompiled headers."""
    native.cc_library(
        name = name,
        copts = WARNINGS + (_COMMON if precompiled else []) + copts,
        deps = deps + (["//bazel:common"] if precompiled else []),
        linkstatic = True,
        **kwargs
    )

def cc_binary(name, copts = [], deps = [], **kwargs):
    native.cc_binary(name = name, copts = WARNINGS + _COMMON + copts, deps = deps + ["//bazel:common"], **kwargs)

def cc_test(name, srcs = None, copts = [], deps = [], size = "small", **kwargs):
    """A GoogleTest test; srcs defaults to NAME.cc."""
    native.cc_test(
        name = name,
        srcs = srcs or [name + ".cc"],
        copts = WARNINGS + _COMMON_OF_TESTS + copts,
        deps = deps + ["//bazel:common_of_tests", "//bazel/third_party:gtest_main"],
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
        copts = WARNINGS + _COMMON,
        deps = deps + ["//bazel:common"] + select({
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

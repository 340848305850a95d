"""Headers that nearly every file includes, compiled once: reading them took half of the time that a small file needs."""

load("@bazel_tools//tools/build_defs/cc:action_names.bzl", "CPP_COMPILE_ACTION_NAME")
load("@bazel_tools//tools/cpp:toolchain_utils.bzl", "find_cpp_toolchain")

def _impl(ctx):
    toolchain = find_cpp_toolchain(ctx)
    features = cc_common.configure_features(ctx = ctx, cc_toolchain = toolchain)
    variables = cc_common.create_compile_variables(
        feature_configuration = features,
        cc_toolchain = toolchain,
        user_compile_flags = ctx.fragments.cpp.copts + ctx.fragments.cpp.cxxopts,
    )
    flags = cc_common.get_memory_inefficient_command_line(
        feature_configuration = features,
        action_name = CPP_COMPILE_ACTION_NAME,
        variables = variables,
    )
    output = ctx.actions.declare_file(ctx.label.name + ".pch")
    ctx.actions.run(
        executable = cc_common.get_tool_for_action(feature_configuration = features, action_name = CPP_COMPILE_ACTION_NAME),
        arguments = flags + ["-iquote", ".", "-Xclang", "-fno-pch-timestamp", "-x", "c++-header", ctx.file.src.path, "-o", output.path],
        inputs = depset([ctx.file.src] + ctx.files.includes, transitive = [toolchain.all_files]),
        outputs = [output],
        # The system's headers are in it. Bazel does not look at them, so this says when there are others.
        env = {"SYSTEM_LIBRARIES": ctx.var.get("system_libraries", "")},
        mnemonic = "CppPrecompile",
        progress_message = "Precompiling " + ctx.file.src.short_path,
    )
    headers = depset([output, ctx.file.src] + ctx.files.includes)
    return [CcInfo(compilation_context = cc_common.create_compilation_context(headers = headers))]

# What a file that is compiled with `-include-pch $(BINDIR)/PACKAGE/NAME.pch` has among its deps.
cc_precompiled_header = rule(
    implementation = _impl,
    attrs = {
        "src": attr.label(allow_single_file = [".h"], mandatory = True),
        "includes": attr.label_list(allow_files = [".h"], doc = "files of ours that src includes"),
        "_cc_toolchain": attr.label(default = "@bazel_tools//tools/cpp:current_cc_toolchain"),
    },
    fragments = ["cpp"],
    toolchains = ["@bazel_tools//tools/cpp:toolchain_type"],
    incompatible_use_toolchain_transition = True,
)

"""clang-tidy as an aspect: each file is looked at with the flags it is compiled with, and again only when it changed.

    bazel build //... --aspects=//tools:tidy.bzl%tidy --output_groups=tidy

`./dev` fetches a clang-tidy of version 22 or later, and says where it lies: older ones look through all of the
system's headers for each check.
"""

_FLAGS = ["-std=c++20", "-Wno-unused-command-line-argument", "-Wno-unknown-warning-option"]

def _tidy_impl(target, ctx):
    # Tests are held to the compiler's warnings only: looking at them takes as long as at all the rest.
    if CcInfo not in target or ctx.rule.kind not in ["cc_library", "cc_binary"] or getattr(ctx.rule.attr, "testonly", False):
        return []
    context = target[CcInfo].compilation_context
    flags = _FLAGS + ["-D" + d for d in context.defines.to_list()]
    flags += ["-I" + path for path in context.includes.to_list()]
    for path in context.quote_includes.to_list():
        flags += ["-iquote", path]
    for path in context.system_includes.to_list():
        flags += ["-isystem", path]
    stamps = []
    for source in [f for src in ctx.rule.attr.srcs for f in src.files.to_list()]:
        if source.extension != "cc" or not source.is_source:
            continue
        stamp = ctx.actions.declare_file("%s.%s.tidy" % (ctx.label.name, source.basename))
        stamps.append(stamp)
        ctx.actions.run_shell(
            inputs = depset([source, ctx.file._config], transitive = [context.headers]),
            outputs = [stamp],
            # Of clang-tidy's words only the findings are shown, and those only if there are any.
            command = "\"$4\" --quiet --config-file=\"$1\" \"$2\" -- \"${@:5}\" >\"$3\" 2>\"$3.log\" || " +
                      "{ grep -v '^[0-9]* warnings\\? generated' \"$3\" \"$3.log\" -h >&2; exit 1; }; rm -f \"$3.log\"",
            arguments = [ctx.file._config.path, source.path, stamp.path, ctx.var.get("clang_tidy", "clang-tidy")] + flags,
            mnemonic = "ClangTidy",
            progress_message = "clang-tidy " + source.short_path,
            use_default_shell_env = True,
        )
    return [OutputGroupInfo(tidy = depset(stamps))]

tidy = aspect(
    implementation = _tidy_impl,
    attrs = {"_config": attr.label(default = "//:.clang-tidy", allow_single_file = True)},
)

// SPDX-License-Identifier: Apache-2.0
using System;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Text;

namespace Sluice.Bpf.Interop;

/// <summary>
/// Collects what libbpf says while it works for the calling thread. libbpf prints on the thread that called it, so a
/// thread-local text is exactly the text of that thread's call.
/// </summary>
internal static unsafe class LibbpfLog
{
    private const int LIBBPF_WARN = 0;

    [ThreadStatic]
    private static StringBuilder? t_text;

    static LibbpfLog()
    {
        // SAFETY: OnPrint is static and unmanaged-callable, so the pointer stays valid for the life of the process.
        unsafe
        {
            _ = Libbpf.libbpf_set_print(&OnPrint);
        }
    }

    /// <summary>Forgets what earlier calls of this thread left; call it before a libbpf call whose warnings matter.</summary>
    public static void Begin()
    {
        t_text ??= new StringBuilder();
        t_text.Clear();
    }

    /// <summary>The warnings since <see cref="Begin"/>.</summary>
    public static string Text => t_text?.ToString() ?? string.Empty;

    /// <remarks>
    /// va_list is a pointer in this position on every ABI that .NET runs on: an array decays on x86-64, and arm64 passes
    /// its 32-byte struct by reference.
    /// </remarks>
    [UnmanagedCallersOnly(CallConvs = [typeof(CallConvCdecl)])]
    private static int OnPrint(int level, byte* format, nint arguments)
    {
        // Outside Begin..Text nobody reads; do not pay for formatting.
        if (level != LIBBPF_WARN || t_text is null)
        {
            return 0;
        }

        try
        {
            byte* formatted = null;

            // SAFETY: format and arguments are valid for this call only, and are consumed by it. vasprintf sizes the
            // buffer itself (a verifier log can have megabytes); it is NUL-terminated and freed below.
            unsafe
            {
                if (Libc.vasprintf(&formatted, format, arguments) >= 0)
                {
                    t_text.Append(Marshal.PtrToStringUTF8((nint)formatted));
                    Libc.free(formatted);
                }
            }
        }
        catch (Exception)
        {
            // No exception may cross into C; a lost warning costs detail in a message, nothing else.
        }

        return 0;
    }
}

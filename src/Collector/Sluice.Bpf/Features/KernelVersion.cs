// SPDX-License-Identifier: Apache-2.0
using System;
using System.Globalization;
using System.IO;

namespace Sluice.Bpf.Features;

/// <summary>The version of the kernel's source. Ordered; 0.0.0 is the version that is not known.</summary>
/// <remarks>
/// A version says what the kernel was made from, not what it can do: distributions port features back. Use it to choose a build and to
/// explain; ask <see cref="KernelFeatures"/> what works.
/// </remarks>
public readonly record struct KernelVersion(int Major, int Minor, int Patch = 0) : IComparable<KernelVersion>
{
    private const string ReleasePath = "/proc/sys/kernel/osrelease";
    private const string BuildPath = "/proc/sys/kernel/version";
    private const string SignaturePath = "/proc/version_signature";
    private const string DebianMark = "Debian ";
    private const string RedHatMark = ".el";

    /// <inheritdoc/>
    public static bool operator <(KernelVersion left, KernelVersion right) => left.CompareTo(right) < 0;

    /// <inheritdoc/>
    public static bool operator >(KernelVersion left, KernelVersion right) => left.CompareTo(right) > 0;

    /// <inheritdoc/>
    public static bool operator <=(KernelVersion left, KernelVersion right) => left.CompareTo(right) <= 0;

    /// <inheritdoc/>
    public static bool operator >=(KernelVersion left, KernelVersion right) => left.CompareTo(right) >= 0;

    /// <summary>Of the running kernel.</summary>
    /// <exception cref="IOException">/proc is not mounted.</exception>
    public static KernelVersion Read() =>
        Parse(File.ReadAllText(ReleasePath), File.ReadAllText(BuildPath), File.Exists(SignaturePath) ? File.ReadAllText(SignaturePath) : null);

    /// <summary>The true version, from what the kernel says of itself.</summary>
    /// <param name="release">
    /// <c>uname -r</c>. Debian puts its ABI number where the patch level belongs (6.1.0-18-amd64), Ubuntu always 0 (5.15.0-91-generic); Red Hat
    /// leaves the version that a release began with (4.18.0-553.el8_10.x86_64) and ports features back to it.
    /// </param>
    /// <param name="build"><c>uname -v</c>; Debian's ends with the version of its package: <c>#1 SMP Debian 6.1.76-1 (2024-02-01)</c>.</param>
    /// <param name="signature">Ubuntu's /proc/version_signature, whose last word is the version: <c>Ubuntu 5.15.0-91.101-generic 5.15.131</c>; else null.</param>
    public static KernelVersion Parse(string release, string? build = null, string? signature = null)
    {
        ArgumentNullException.ThrowIfNull(release);
        KernelVersion said = ParseLeading(release.Trim());
        string[] words = signature?.Split((char[]?)null, StringSplitOptions.RemoveEmptyEntries) ?? [];
        KernelVersion signed = words.Length == 0 ? default : ParseLeading(words[^1]);
        int debian = build?.LastIndexOf(DebianMark, StringComparison.Ordinal) ?? -1;
        KernelVersion packaged = debian < 0 ? default : ParseLeading(build.AsSpan(debian + DebianMark.Length));

        // Both only correct the patch level. A text about another kernel (a container with files of its own) must not move us.
        return signed.IsSameLine(said) ? signed : packaged.IsSameLine(said) ? packaged : said;
    }

    /// <summary>Reads <c>5.10</c> or <c>6.1.76</c>, nothing before or after it.</summary>
    public static bool TryParse(string? text, out KernelVersion version)
    {
        version = text is null ? default : ParseLeading(text);
        return version != default && (version.ToString() == text || string.Create(CultureInfo.InvariantCulture, $"{version.Major}.{version.Minor}") == text);
    }

    /// <summary>Whether a <c>uname -r</c> is of a Red Hat Enterprise Linux kernel or its rebuilds: the version is old there, the features are not.</summary>
    public static bool HasBackports(string release)
    {
        ArgumentNullException.ThrowIfNull(release);
        int mark = release.IndexOf(RedHatMark, StringComparison.Ordinal);
        return mark >= 0 && mark + RedHatMark.Length < release.Length && char.IsAsciiDigit(release[mark + RedHatMark.Length]);
    }

    /// <inheritdoc/>
    public int CompareTo(KernelVersion other) => (Major, Minor, Patch).CompareTo((other.Major, other.Minor, other.Patch));

    /// <inheritdoc/>
    public override string ToString() => string.Create(CultureInfo.InvariantCulture, $"{Major}.{Minor}.{Patch}");

    private bool IsSameLine(KernelVersion other) => this != default && Major == other.Major && Minor == other.Minor;

    private static KernelVersion ParseLeading(ReadOnlySpan<char> text)
    {
        Span<int> numbers = stackalloc int[3];
        numbers.Clear();
        int count = 0;
        while (count < numbers.Length)
        {
            int digits = text.IndexOfAnyExceptInRange('0', '9');
            digits = digits < 0 ? text.Length : digits;
            if (!int.TryParse(text[..digits], NumberStyles.None, CultureInfo.InvariantCulture, out numbers[count]))
            {
                break;
            }

            count++;
            text = text[digits..];
            if (text.IsEmpty || text[0] != '.')
            {
                break;
            }

            text = text[1..];
        }

        return count < 2 ? default : new KernelVersion(numbers[0], numbers[1], numbers[2]);
    }
}

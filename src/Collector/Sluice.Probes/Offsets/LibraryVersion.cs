// SPDX-License-Identifier: Apache-2.0
using System;
using System.Globalization;

namespace Sluice.Probes.Offsets;

/// <summary>
/// A version of OpenSSL or one of its relatives: <c>3.0.19</c>, <c>1.1.1w</c>, <c>3.1.7+quic</c>. Ordered as the project releases them:
/// by number, then letters (none before <c>a</c>, <c>z</c> before <c>za</c>). Suffixes of vendors such as <c>-fips</c> are not part of it.
/// </summary>
/// <param name="Major">First number.</param>
/// <param name="Minor">Second number.</param>
/// <param name="Patch">Third number.</param>
/// <param name="Letters">Letters after the third number; empty from 3.0 on.</param>
/// <param name="IsQuicTls">True for builds of the quictls fork, whose structs differ from upstream's.</param>
public readonly record struct LibraryVersion(int Major, int Minor, int Patch, string Letters, bool IsQuicTls) : IComparable<LibraryVersion>
{
    private const string QuicSuffix = "+quic";

    // Longest number and letter run that is taken for a version; also keeps int.Parse from overflowing.
    private const int MaxDigits = 4;
    private const int MaxLetters = 3;

    /// <summary>The release line, within which a layout rarely changes: <c>x.y</c>, or <c>x.y.z</c> for 0.x and 1.x.</summary>
    public (int Major, int Minor, int Patch) Line => (Major, Minor, Major < 2 ? Patch : 0);

    public static bool operator <(LibraryVersion left, LibraryVersion right) => left.CompareTo(right) < 0;

    public static bool operator >(LibraryVersion left, LibraryVersion right) => left.CompareTo(right) > 0;

    public static bool operator <=(LibraryVersion left, LibraryVersion right) => left.CompareTo(right) <= 0;

    public static bool operator >=(LibraryVersion left, LibraryVersion right) => left.CompareTo(right) >= 0;

    /// <summary>Reads a version; a suffix that begins with <c>-</c> or <c>+</c> is allowed and, <c>+quic</c> apart, ignored.</summary>
    public static bool TryParse(ReadOnlySpan<char> text, out LibraryVersion version)
    {
        version = default;
        ReadOnlySpan<char> rest = text;
        if (!TryTakeNumber(ref rest, out int major) || !TryTakeDot(ref rest)
            || !TryTakeNumber(ref rest, out int minor) || !TryTakeDot(ref rest)
            || !TryTakeNumber(ref rest, out int patch))
        {
            return false;
        }

        int letters = 0;
        while (letters < rest.Length && char.IsAsciiLetterLower(rest[letters]))
        {
            letters++;
        }

        ReadOnlySpan<char> suffix = rest[letters..];
        if (letters > MaxLetters || (!suffix.IsEmpty && suffix[0] is not ('-' or '+')))
        {
            return false;
        }

        version = new LibraryVersion(major, minor, patch, rest[..letters].ToString(), suffix.StartsWith(QuicSuffix, StringComparison.Ordinal));
        return true;
    }

    /// <summary>Reads a version that is known to be well-formed.</summary>
    /// <exception cref="FormatException">It is not.</exception>
    public static LibraryVersion Parse(string text) =>
        TryParse(text, out LibraryVersion version) ? version : throw new FormatException($"'{text}' is not a library version.");

    /// <summary>Compares the release, not the fork: <c>3.0.15</c> and <c>3.0.15+quic</c> differ but compare as 0.</summary>
    public int CompareTo(LibraryVersion other)
    {
        int order = (Major, Minor, Patch).CompareTo((other.Major, other.Minor, other.Patch));
        if (order == 0)
        {
            order = (Letters ?? "").Length.CompareTo((other.Letters ?? "").Length);
        }

        return order != 0 ? order : string.CompareOrdinal(Letters, other.Letters);
    }

    public override string ToString() =>
        string.Create(CultureInfo.InvariantCulture, $"{Major}.{Minor}.{Patch}{Letters}{(IsQuicTls ? QuicSuffix : "")}");

    private static bool TryTakeNumber(ref ReadOnlySpan<char> rest, out int number)
    {
        int digits = 0;
        while (digits < rest.Length && char.IsAsciiDigit(rest[digits]))
        {
            digits++;
        }

        number = 0;
        if (digits is 0 or > MaxDigits)
        {
            return false;
        }

        number = int.Parse(rest[..digits], CultureInfo.InvariantCulture);
        rest = rest[digits..];
        return true;
    }

    private static bool TryTakeDot(ref ReadOnlySpan<char> rest)
    {
        if (rest.IsEmpty || rest[0] != '.')
        {
            return false;
        }

        rest = rest[1..];
        return true;
    }
}

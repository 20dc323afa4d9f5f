// SPDX-License-Identifier: Apache-2.0
using System;
using System.Globalization;
using System.IO;

namespace Sluice.Collector.CommandLine;

/// <summary>Turns <c>--uid</c> values into numbers.</summary>
internal static class UserIds
{
    private const string PasswdPath = "/etc/passwd";

    /// <summary>A number as it is; a name by <c>/etc/passwd</c>.</summary>
    public static uint Resolve(string option, string value) => Resolve(option, value, PasswdPath);

    internal static uint Resolve(string option, string value, string passwdPath)
    {
        if (uint.TryParse(value, NumberStyles.None, CultureInfo.InvariantCulture, out uint uid) && uid != uint.MaxValue)
        {
            return uid;
        }

        return Lookup(value, passwdPath)
            ?? throw new UsageException($"{option} '{value}': no such user in {passwdPath}; give a user name from there, or the number of the user.");
    }

    private static uint? Lookup(string name, string passwdPath)
    {
        try
        {
            foreach (string line in File.ReadLines(passwdPath))
            {
                // name:password:uid:…
                string[] fields = line.Split(':');
                if (fields.Length > 2 && string.Equals(fields[0], name, StringComparison.Ordinal)
                    && uint.TryParse(fields[2], NumberStyles.None, CultureInfo.InvariantCulture, out uint uid))
                {
                    return uid;
                }
            }
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            // A container may have no passwd file: then no name is known, which the caller says.
        }

        return null;
    }
}

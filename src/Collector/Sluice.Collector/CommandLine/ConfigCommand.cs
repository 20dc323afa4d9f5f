// SPDX-License-Identifier: Apache-2.0
using System;
using System.CommandLine;

namespace Sluice.Collector.CommandLine;

/// <summary><c>sluice config check FILE</c>.</summary>
internal sealed class ConfigCommand : Command
{
    private readonly Argument<string> _file = new("FILE") { Description = "A configuration file of sluice run." };

    /// <param name="check">Looks at the file and says in one line what it asks for.</param>
    public ConfigCommand(Func<string, ExitCode> check)
        : base("config", "Works with configuration files.")
    {
        var command = new Command("check", "Names every mistake of a configuration file with its line, column and key, or says that there is none. Opens nothing.")
        {
            _file,
        };
        command.SetAction(result => (int)check(result.GetValue(_file)!));
        Add(command);
    }
}

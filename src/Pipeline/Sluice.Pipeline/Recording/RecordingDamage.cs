// SPDX-License-Identifier: Apache-2.0
namespace Sluice.Pipeline.Recording;

/// <summary>What a reader of recordings could not use.</summary>
/// <param name="Places">Places where something else stands than whole frames; the end of a file that ends inside a frame not among them.</param>
/// <param name="Samples">Samples known to be missing there, by the numbers of those around them.</param>
/// <param name="TornBytes">Bytes at the end of files behind their last whole frame: what was being written when the writer was killed.</param>
/// <param name="AbsentSamples">Samples between two files of one recording: a file of it was not given.</param>
/// <param name="Repeated">Samples that stand before others with a smaller number: files were given twice, or in another order than they were written.</param>
public readonly record struct RecordingDamage(long Places, long Samples, long TornBytes, long AbsentSamples, long Repeated)
{
    /// <summary>True when samples that should be there are not, other than at the end.</summary>
    public bool HasHoles => Places != 0 || Samples != 0;

    /// <summary>Of two files.</summary>
    public static RecordingDamage operator +(RecordingDamage left, RecordingDamage right) => Add(left, right);

    /// <summary>Of two files.</summary>
    public static RecordingDamage Add(RecordingDamage left, RecordingDamage right) => new(
        left.Places + right.Places,
        left.Samples + right.Samples,
        left.TornBytes + right.TornBytes,
        left.AbsentSamples + right.AbsentSamples,
        left.Repeated + right.Repeated);
}

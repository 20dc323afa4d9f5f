// SPDX-License-Identifier: Apache-2.0
using Sluice.Pipeline.Decoding;
using Sluice.TestSupport;
using Xunit;

namespace Sluice.Pipeline.Tests.Decoding;

public sealed class CaptureLossViewTests
{
    [Fact]
    public void TryParse_RightSizedSample_GivesEveryField()
    {
        Assert.True(CaptureLossView.TryParse(LossSample.Build("ring_full", 7, 1000), out CaptureLossView view));

        Assert.Equal(7ul, view.Lost);
        Assert.Equal(1000ul, view.Total);
        Assert.Equal("ring_full", System.Text.Encoding.ASCII.GetString(view.Cause));
        Assert.Equal(42ul, view.Header.CpuSequence);
    }

    [Fact]
    public void TryParse_CutAtEveryPosition_IsRefused()
    {
        byte[] sample = LossSample.Build("ring_full", 7, 1000);

        for (int length = 0; length < sample.Length; length++)
        {
            Assert.Null(SampleText.Describe(sample[..length]));
        }
    }

    [Fact]
    public void Cause_WithoutNul_IsNotReadPastItsField()
    {
        Assert.True(CaptureLossView.TryParse(LossSample.Build(new string('x', 32), 1, 1), out CaptureLossView view));

        Assert.Equal(32, view.Cause.Length);
    }
}

// SPDX-License-Identifier: Apache-2.0
using Xunit;

// The privileged tests share the kernel and its raw tracepoints; the others are over in milliseconds.
[assembly: CollectionBehavior(DisableTestParallelization = true)]

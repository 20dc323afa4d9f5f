// SPDX-License-Identifier: Apache-2.0
using Xunit;

// Probes see every process of the host: two captures at once would see each other's load.
[assembly: CollectionBehavior(DisableTestParallelization = true)]

// SPDX-License-Identifier: Apache-2.0
using System.Runtime.CompilerServices;

// Every struct that crosses into libbpf or the kernel is blittable; the runtime shall refuse anything else.
[assembly: DisableRuntimeMarshalling]

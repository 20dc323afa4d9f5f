/* SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause) */
/*
 * Reads of memory that is not the programs' own: of the tapped process and of the kernel's structures.
 *
 *   kernel_read(&value, field, object)   0, or an error; field is a name of kernel_fields.h
 *
 * _core: CO-RE finds the field in the running kernel's BTF. _noncore: it lies where the constant `kernel` says.
 */
#ifndef SLUICE_KERNEL_READ_H
#define SLUICE_KERNEL_READ_H

#include <stdbool.h>
#include <bpf/bpf_helpers.h>
#include "constants.h"
#ifndef SLUICE_NONCORE
#include "kernel_types.h"
#endif

#ifdef SLUICE_LESS52
/* The reads that know whose memory it is came with 5.5. On the machines we run on user and kernel addresses never overlap. */
static __always_inline long read_user(void *to, __u32 size, const void *from)
{
	return bpf_probe_read(to, size, from);
}

static __always_inline long read_kernel(void *to, __u32 size, const void *from)
{
	return bpf_probe_read(to, size, from);
}

static __always_inline long read_kernel_text(void *to, __u32 size, const void *from)
{
	return bpf_probe_read_str(to, size, from);
}
#else
static __always_inline long read_user(void *to, __u32 size, const void *from)
{
	return bpf_probe_read_user(to, size, from);
}

static __always_inline long read_kernel(void *to, __u32 size, const void *from)
{
	return bpf_probe_read_kernel(to, size, from);
}

static __always_inline long read_kernel_text(void *to, __u32 size, const void *from)
{
	return bpf_probe_read_kernel_str(to, size, from);
}
#endif

#ifdef SLUICE_NONCORE
#define KERNEL_ADDRESS(name, structure, path)                                                                      \
	static __always_inline const void *kernel_address_##name(const void *object)                               \
	{                                                                                                          \
		return object + CONSTANT(kernel.name);                                                             \
	}
#else
#define KERNEL_ADDRESS(name, structure, path)                                                                      \
	static __always_inline const void *kernel_address_##name(const void *object)                               \
	{                                                                                                          \
		return __builtin_preserve_access_index(&((const struct structure *)object)->path);                 \
	}
#endif
KERNEL_FIELDS(KERNEL_ADDRESS)
#undef KERNEL_ADDRESS

#define kernel_read(to, field, object) read_kernel((to), sizeof(*(to)), kernel_address_##field(object))

/* Before Linux 5.6 these two are bit fields, which CO-RE describes by a word and two shifts; numbers as in enum bpf_field_info_kind. */
#ifdef SLUICE_NONCORE
#define KERNEL_READ_SMALL(object, name, field)                                                                     \
	({                                                                                                         \
		__u16 small_ = 0;                                                                                  \
		kernel_read(&small_, name, object);                                                                \
		small_;                                                                                            \
	})
#else
#define KERNEL_READ_SMALL(object, name, field)                                                                     \
	({                                                                                                         \
		const struct sock *sock_ = (object);                                                               \
		__u64 small_ = 0;                                                                                  \
		read_kernel(&small_, __builtin_preserve_field_info(sock_->field, 1),                               \
			    (const void *)sock_ + __builtin_preserve_field_info(sock_->field, 0));                 \
		small_ <<= __builtin_preserve_field_info(sock_->field, 4);                                         \
		small_ >> __builtin_preserve_field_info(sock_->field, 5);                                          \
	})
#endif

struct sock;

static __always_inline __u16 kernel_sock_type(const struct sock *sk)
{
	return KERNEL_READ_SMALL(sk, sock_type, sk_type);
}

static __always_inline __u16 kernel_sock_protocol(const struct sock *sk)
{
	return KERNEL_READ_SMALL(sk, sock_protocol, sk_protocol);
}

#endif

/* SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause) */
/* What a library keeps in its SSL and BIO objects, by the offsets of its build. */
#ifndef SLUICE_OPENSSL_LAYOUTS_H
#define SLUICE_OPENSSL_LAYOUTS_H

#include "kernel_read.h"
#include "openssl/connections.h"

/* Row 0 is the unknown library. */
struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, 256);
	__type(key, __u32);
	__type(value, struct sluice_tls_layout);
} tls_layouts SEC(".maps");

/* BIO types of OpenSSL's bio.h that hold a descriptor in num, and those that only pass on to the next BIO. */
#define BIO_TYPE_FD 0x504
#define BIO_TYPE_SOCKET 0x505
#define BIO_TYPE_DGRAM 0x515
#define BIO_TYPE_BUFFER 0x209
#define BIO_TYPE_SSL 0x207

/* Without attach cookies nothing tells a program which library it was called from. */
static __always_inline struct sluice_tls_layout *layout_of_probe(enum flavour flavour, struct pt_regs *ctx)
{
	__u32 row = 0;

	if (flavour == FLAVOUR_MODERN)
		row = (__u32)bpf_get_attach_cookie(ctx);
	return bpf_map_lookup_elem(&tls_layouts, &row);
}

#define NEXT_BIO (-2)

/* The descriptor of a BIO; NEXT_BIO when it only passes on to *bio; -1 when it has none that we know of. */
static __always_inline int look_at_bio(const struct sluice_tls_layout *layout, __u64 *bio)
{
	__u64 method;
	__s32 type, fd;

	if (!*bio || read_user(&method, sizeof(method), (void *)(*bio + layout->bio_method)) ||
	    read_user(&type, sizeof(type), (void *)(method + layout->bio_method_type)))
		return -1;
	if (type == BIO_TYPE_SOCKET || type == BIO_TYPE_FD || type == BIO_TYPE_DGRAM)
		return read_user(&fd, sizeof(fd), (void *)(*bio + layout->bio_num)) ? -1 : fd;
	if (type != BIO_TYPE_BUFFER && type != BIO_TYPE_SSL)
		return -1;
	return read_user(bio, sizeof(*bio), (void *)(*bio + layout->bio_next_bio)) ? -1 : NEXT_BIO;
}

static __always_inline int descriptor_of_bio(const struct sluice_tls_layout *layout, __u64 bio)
{
	int fd = look_at_bio(layout, &bio);

	if (fd == NEXT_BIO)
		fd = look_at_bio(layout, &bio);
	if (fd == NEXT_BIO)
		fd = look_at_bio(layout, &bio);
	return fd;
}

static __always_inline int descriptor_of_ssl(const struct sluice_tls_layout *layout, __u64 ssl, bool writes)
{
	__s32 offset = writes ? layout->ssl_wbio : layout->ssl_rbio;
	__u64 bio;

	if (read_user(&bio, sizeof(bio), (void *)(ssl + offset)))
		return -1;
	return descriptor_of_bio(layout, bio);
}

static __always_inline bool layout_holds(const struct sluice_tls_layout *layout, __u64 ssl)
{
	__s32 type = 0;

	if (!layout || !layout->usable)
		return false;
	if (layout->ssl_type < 0)
		return true;
	/* From 3.2 on an SSL may be a QUIC object of another shape; 0 is a TLS connection. */
	return !read_user(&type, sizeof(type), (void *)(ssl + layout->ssl_type)) && type == 0;
}

/* Versions that the field can hold; anything else says that the layout does not fit this library. */
static __always_inline bool is_tls_version(__s32 version)
{
	return (version >= 0x0300 && version <= 0x0304) || version == 0xfeff || version == 0xfefd;
}

static __always_inline void read_version(struct connection *connection, const struct sluice_tls_layout *layout, __u64 ssl)
{
	__s32 version = 0;

	if (!layout_holds(layout, ssl) || layout->ssl_version < 0)
		return;
	if (!read_user(&version, sizeof(version), (void *)(ssl + layout->ssl_version)) && is_tls_version(version))
		connection->tls_version = version;
}

#endif

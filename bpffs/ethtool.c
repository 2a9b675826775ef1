// SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause
#include <errno.h>
#include <libmnl/libmnl.h>
#include <linux/genetlink.h>
#include <linux/sockios.h>
#include <net/if.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <unistd.h>
#include "bpffs/ethtool.h"

/* The netdev family (linux/netdev.h, 6.3). */
#define NETDEV_FAMILY       "netdev"
#define NETDEV_VERSION      1
#define NETDEV_DEV_GET      1
#define NETDEV_IFINDEX      1
#define NETDEV_XDP_FEATURES 3

/* The description of a family, with its operations, fits. */
#define GENL_ANSWER_SIZE 8192

static int ask(const char *ifname, void *request)
{
	struct ifreq ifr = { .ifr_data = request };
	int fd, err = 0;

	snprintf(ifr.ifr_name, sizeof(ifr.ifr_name), "%s", ifname);
	fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	if (fd < 0)
		return -errno;
	if (ioctl(fd, SIOCETHTOOL, &ifr))
		err = -errno;
	close(fd);
	return err;
}

int ethtool_driver(const char *ifname, char driver[ETHTOOL_BUSINFO_LEN])
{
	struct ethtool_drvinfo info = { .cmd = ETHTOOL_GDRVINFO };
	int err = ask(ifname, &info);

	snprintf(driver, ETHTOOL_BUSINFO_LEN, "%s", info.driver);
	return err;
}

int ethtool_channels(const char *ifname, struct ethtool_channels *channels)
{
	memset(channels, 0, sizeof(*channels));
	channels->cmd = ETHTOOL_GCHANNELS;
	return ask(ifname, channels);
}

static int feature_count(const char *ifname)
{
	struct ethtool_sset_info *sset = calloc(1, sizeof(*sset) + sizeof(__u32));
	int count;

	if (!sset)
		return -ENOMEM;
	sset->cmd = ETHTOOL_GSSET_INFO;
	sset->sset_mask = 1ULL << ETH_SS_FEATURES;
	count = ask(ifname, sset);
	if (!count)
		count = (int)sset->data[0];
	free(sset);
	return count;
}

static int feature_bit(const char *ifname, const char *name, int count)
{
	struct ethtool_gstrings *names =
		calloc(1, sizeof(*names) + (size_t)count * ETH_GSTRING_LEN);
	int bit;

	if (!names)
		return -ENOMEM;
	names->cmd = ETHTOOL_GSTRINGS;
	names->string_set = ETH_SS_FEATURES;
	names->len = (__u32)count;
	bit = ask(ifname, names);
	if (!bit) {
		for (bit = 0; bit < count; bit++)
			if (!strncmp((char *)names->data + bit * ETH_GSTRING_LEN, name,
			             ETH_GSTRING_LEN))
				break;
		if (bit == count)
			bit = -ENOENT;
	}
	free(names);
	return bit;
}

int ethtool_feature(const char *ifname, const char *name)
{
	int count = feature_count(ifname), bit, blocks, on;
	struct ethtool_gfeatures *features;

	if (count < 0)
		return count;
	bit = feature_bit(ifname, name, count);
	if (bit < 0)
		return bit;
	blocks = (count + 31) / 32;
	features = calloc(1, sizeof(*features) + (size_t)blocks * sizeof(features->features[0]));
	if (!features)
		return -ENOMEM;
	features->cmd = ETHTOOL_GFEATURES;
	features->size = (__u32)blocks;
	on = ask(ifname, features);
	if (!on)
		on = features->features[bit / 32].active >> (bit % 32) & 1;
	free(features);
	return on;
}

/* --- generic netlink */

static int genl_ask(void *request, mnl_cb_t cb, void *arg)
{
	char answer[GENL_ANSWER_SIZE];
	struct nlmsghdr *header = request;
	struct mnl_socket *socket;
	int more = MNL_CB_OK, err = 0;
	ssize_t len;

	socket = mnl_socket_open2(NETLINK_GENERIC, SOCK_CLOEXEC);
	if (!socket)
		return -errno;
	header->nlmsg_flags = NLM_F_REQUEST | NLM_F_ACK;
	header->nlmsg_seq = 1;
	if (mnl_socket_bind(socket, 0, MNL_SOCKET_AUTOPID) < 0 ||
	    mnl_socket_sendto(socket, header, header->nlmsg_len) < 0)
		err = -errno;
	while (!err && more > MNL_CB_STOP) {
		len = mnl_socket_recvfrom(socket, answer, sizeof(answer));
		more = len < 0 ? MNL_CB_ERROR
		               : mnl_cb_run(answer, len, 1, mnl_socket_get_portid(socket), cb, arg);
		if (more < 0)
			err = -errno;
	}
	mnl_socket_close(socket);
	return err;
}

static struct nlmsghdr *genl_request(void *buf, __u16 type, __u8 command, __u8 version)
{
	struct nlmsghdr *request = mnl_nlmsg_put_header(buf);
	struct genlmsghdr *genl = mnl_nlmsg_put_extra_header(request, sizeof(*genl));

	request->nlmsg_type = type;
	genl->cmd = command;
	genl->version = version;
	return request;
}

static int take_family(const struct nlmsghdr *message, void *arg)
{
	struct nlattr *attr;

	mnl_attr_for_each(attr, message, sizeof(struct genlmsghdr))
	{
		if (mnl_attr_get_type(attr) == CTRL_ATTR_FAMILY_ID)
			*(__u16 *)arg = mnl_attr_get_u16(attr);
	}
	return MNL_CB_OK;
}

static int take_features(const struct nlmsghdr *message, void *arg)
{
	struct nlattr *attr;

	mnl_attr_for_each(attr, message, sizeof(struct genlmsghdr))
	{
		if (mnl_attr_get_type(attr) == NETDEV_XDP_FEATURES)
			*(__u64 *)arg = mnl_attr_get_u64(attr);
	}
	return MNL_CB_OK;
}

int netdev_xdp_features(__u32 ifindex, __u64 *features)
{
	char buf[MNL_NLMSG_HDRLEN + 128] = {};
	struct nlmsghdr *request = genl_request(buf, GENL_ID_CTRL, CTRL_CMD_GETFAMILY, 1);
	__u16 family = 0;
	int err;

	mnl_attr_put_strz(request, CTRL_ATTR_FAMILY_NAME, NETDEV_FAMILY);
	err = genl_ask(request, take_family, &family);
	if (err)
		return err;
	memset(buf, 0, sizeof(buf));
	*features = 0;
	request = genl_request(buf, family, NETDEV_DEV_GET, NETDEV_VERSION);
	mnl_attr_put_u32(request, NETDEV_IFINDEX, ifindex);
	return genl_ask(request, take_features, features);
}

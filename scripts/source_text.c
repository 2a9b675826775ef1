// SPDX-License-Identifier: GPL-2.0-or-later
#include <arpa/inet.h>
#include "scripts/source_text.h"

const char *source_text(const struct source_key *key, char text[INET6_ADDRSTRLEN])
{
	inet_ntop(key->version == 4 ? AF_INET : AF_INET6, key->address, text, INET6_ADDRSTRLEN);
	return text;
}

/** Which addresses belong to the internet, and so to nobody whom a URL could be meant to reach through us. */
import { BlockList, isIPv4 } from 'node:net'

export function isPublicAddress(address: string): boolean {
  return isIPv4(address)
    ? !ownIpv4.check(address, 'ipv4')
    : globalIpv6.check(address, 'ipv6') && !ownIpv6.check(address, 'ipv6')
}

/** The special-purpose registries of IANA (RFC 6890), multicast, and what is reserved. */
const ownIpv4 = listSubnets('ipv4', [
  ['0.0.0.0', 8],
  ['10.0.0.0', 8],
  ['100.64.0.0', 10],
  ['127.0.0.0', 8],
  ['169.254.0.0', 16],
  ['172.16.0.0', 12],
  ['192.0.0.0', 24],
  ['192.0.2.0', 24],
  ['192.88.99.0', 24],
  ['192.168.0.0', 16],
  ['198.18.0.0', 15],
  ['198.51.100.0', 24],
  ['203.0.113.0', 24],
  ['224.0.0.0', 3],
])

/** Loopback, link-local, unique local, mapped and translated addresses are all outside of it. */
const globalIpv6 = listSubnets('ipv6', [['2000::', 3]])

/** Teredo and 6to4 carry any IPv4 address within. */
const ownIpv6 = listSubnets('ipv6', [
  ['2001::', 23],
  ['2001:db8::', 32],
  ['2002::', 16],
  ['3fff::', 20],
])

function listSubnets(
  family: 'ipv4' | 'ipv6',
  subnets: readonly (readonly [network: string, prefix: number])[],
): BlockList {
  const list = new BlockList()
  for (const [network, prefix] of subnets) list.addSubnet(network, prefix, family)
  return list
}

/** IP addresses and the networks they lie in, as settings and records of clients name them: `10.0.0.0/8`, `2001:db8::1`. */
import { BlockList, isIP } from 'node:net'

export type Within = (address: string) => boolean

/** IPv4 addresses in the clothes of IPv6 (`::ffff:10.0.0.1`) lie where the IPv4 address lies. What is no address lies nowhere. */
export function within(networks: readonly string[]): Within {
  const list = new BlockList()
  for (const network of networks) {
    const [address = '', bits] = network.split('/')
    if (bits === undefined) list.addAddress(address, familyOf(address))
    else list.addSubnet(address, Number(bits), familyOf(address))
  }
  return address => isIP(address) !== 0 && list.check(address, familyOf(address))
}

/** Whether a client that is bound to these networks may come from there; one that names none may come from anywhere. */
export function isAllowedFrom(address: string, networks: readonly string[]): boolean {
  return networks.length === 0 || within(networks)(address)
}

export function isNetwork(text: string): boolean {
  const [address = '', bits, ...rest] = text.split('/')
  const family = isIP(address)
  if (family === 0 || rest.length > 0) return false
  return bits === undefined || (/^\d{1,3}$/.test(bits) && Number(bits) <= (family === 6 ? 128 : 32))
}

/** For counting: who has one IPv6 address has the 2⁶⁴ of its network, too. https://www.rfc-editor.org/rfc/rfc4291#section-2.5.4 */
export function neighbourhood(address: string): string {
  if (isIP(address) !== 6) return address
  const [head = '', tail = ''] = address.split('::')
  const before = groupsOf(head)
  const after = groupsOf(tail)
  const zeros = Array<string>(Math.max(0, 8 - before.length - after.length)).fill('0')
  const network = [...before, ...zeros, ...after].slice(0, 4)
  return `${network.map(group => Number.parseInt(group, 16).toString(16)).join(':')}::/64`
}

/** An IPv4 address at the end takes the place of two. */
function groupsOf(text: string): readonly string[] {
  return text === '' ? [] : text.replace(/\d+(?:\.\d+){3}$/, '0:0').split(':')
}

function familyOf(address: string): 'ipv4' | 'ipv6' {
  return isIP(address) === 6 ? 'ipv6' : 'ipv4'
}

/** The access policies that hold in a tenant, and which of them apply to somebody. */
import { ownPolicies } from '../../conformance/policies.ts'
import { type AccessPolicy, policyOf } from '../../security/access/policy.ts'
import type { Principal } from '../../security/principal.ts'

/** With the shipped ones, but for roles and ids for which the tenant has its own. */
export function openShipped(): (own: readonly AccessPolicy[]) => readonly AccessPolicy[] {
  const shipped = ownPolicies().flatMap(resource => policyOf(resource, resource.id ?? '') ?? [])
  return own => {
    const [ids, roles] = [new Set(own.map(({ id }) => id)), new Set(own.flatMap(policy => policy.roles))]
    const left = shipped.filter(policy => !ids.has(policy.id) && !policy.roles.some(role => roles.has(role)))
    return [...own, ...left]
  }
}

/**
 * Those of the user, and those of the client that he uses: both must allow what is done. A client that acts for itself has but one
 * set, and so has who uses a client that has none. Empty: none was ever meant for this principal, so that his scopes alone limit
 * him. Whoever was given a role or a policy that there is not has one that grants nothing.
 */
export function applying(
  policies: readonly AccessPolicy[],
  principal: Principal,
): readonly (readonly AccessPolicy[])[] {
  const { client, user, roles = [], policies: given = [] } = principal
  const ofClient = (policy: AccessPolicy): boolean => given.includes(policy.id) || policy.clients.includes(client)
  const ofUser = (policy: AccessPolicy): boolean =>
    policy.roles.some(role => roles.includes(role)) || (user !== undefined && policy.users.includes(user))
  const meant = (ids: readonly string[], is: (policy: AccessPolicy) => boolean) => {
    const mine = policies.filter(is)
    return mine.length + ids.length === 0 ? [] : [mine]
  }
  if (user === undefined) return meant([...given, ...roles], policy => ofClient(policy) || ofUser(policy))
  return [...meant(given, ofClient), ...meant(roles, ofUser)]
}

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
 * `undefined`: none was ever meant for this principal, so that his scopes alone limit him. Whoever was given a role or a policy that
 * there is not has one that grants nothing.
 */
export function applying(policies: readonly AccessPolicy[], principal: Principal): readonly AccessPolicy[] | undefined {
  const { client, user, roles = [], policies: given = [] } = principal
  const mine = policies.filter(
    policy =>
      given.includes(policy.id) ||
      policy.roles.some(role => roles.includes(role)) ||
      policy.clients.includes(client) ||
      (user !== undefined && policy.users.includes(user)),
  )
  return mine.length + roles.length + given.length === 0 ? undefined : mine
}

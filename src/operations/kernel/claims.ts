/** What the CapabilityStatement says of operations: where each of them is. */
import type { OperationClaim } from '../../conformance/claims.ts'
import type { Operation } from './operation.ts'

export function systemClaims(operations: readonly Operation[]): readonly OperationClaim[] {
  return operations.filter(({ definition }) => definition.system).map(claim)
}

/** On the type itself or on its instances: the definition tells which. */
export function typeClaims(operations: readonly Operation[], type: string): readonly OperationClaim[] {
  return operations
    .filter(({ definition }) => definition.type || definition.instance)
    .filter(({ definition: { resource } }) => resource.includes('Resource') || resource.includes(type))
    .map(claim)
}

function claim({ definition: { code, url } }: Operation): OperationClaim {
  return { name: code, definition: url }
}

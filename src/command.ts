/** What all commands do: they open the store that the settings name, beside a running server or without one, and close it. */
import { type Config, type Environment, parseConfig } from './config.ts'
import { fail } from './fhir/issue.ts'
import { foreseen } from './interactions/refusal.ts'
import { openRuntime, type Runtime } from './runtime.ts'
import { mustBeTenant } from './security/tenants/tenants.ts'
import { outside, storeBroken } from './server.ts'

export type Site = { readonly config: Config; readonly runtime: Runtime }

export async function onStore(environment: Environment, act: (site: Site) => Promise<void>): Promise<void> {
  const config = parseConfig(environment)
  const runtime = await openRuntime(config, outside, () => {}).catch(cause => {
    throw storeBroken(config, cause)
  })
  try {
    await act({ config, runtime })
  } catch (cause) {
    throw foreseen(cause) ?? ofSystem(cause)
  } finally {
    await runtime.close()
  }
}

/** For commands that ask which tenant is meant. */
export function inTenant(
  environment: Environment,
  { tenant }: { readonly tenant: string },
  act: (site: Site) => Promise<void>,
): Promise<void> {
  return onStore(environment, async site => {
    await mustBeTenant(site.runtime.tenants, tenant)
    await act(site)
  })
}

/** A folder that is not there, a file that may not be read. */
export function ofSystem(cause: unknown): unknown {
  return cause instanceof Error && 'syscall' in cause ? fail('processing', cause.message, undefined, { cause }) : cause
}

export function say(line: string): void {
  process.stdout.write(`${line}\n`)
}

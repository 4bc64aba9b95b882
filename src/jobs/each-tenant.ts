/** Work beside the requests that goes on for each tenant as long as it is in force. */

export type EachTenantNeeds = {
  /** Those in force. */
  readonly tenants: () => Promise<readonly string[]>
  readonly signal: AbortSignal
  readonly sleep: (ms: number) => Promise<unknown>
  /** Who the tenants are could not be found out; it is tried again. */
  readonly failed: (error: unknown) => void
}

/** Until `goesOn` says no. */
type Work = (tenant: string, goesOn: () => boolean) => Promise<void>

const pause = 1_000 // ms between two looks at which tenants there are

/** Goes on until the signal; resolves when all that was begun is over. */
export async function forEachTenant({ tenants, signal, sleep, failed }: EachTenantNeeds, work: Work): Promise<void> {
  const begun = new Map<string, Promise<void>>()
  let open: ReadonlySet<string> = new Set()
  while (!signal.aborted) {
    try {
      open = new Set(await tenants())
      for (const tenant of open) {
        if (begun.has(tenant)) continue
        const working = work(tenant, () => !signal.aborted && open.has(tenant))
        begun.set(
          tenant,
          working.finally(() => begun.delete(tenant)),
        )
      }
    } catch (error) {
      if (!signal.aborted) failed(error)
    }
    await sleep(pause)
  }
  await Promise.all(begun.values())
}

/**
 * Work beside the requests, for each tenant that is in force: only where there is something new, and that is asked once for all of
 * them, so that tenants in which nothing happens cost nothing.
 */

export type EachTenantNeeds = {
  /** Those in force. */
  readonly tenants: () => Promise<readonly string[]>
  readonly signal: AbortSignal
  readonly sleep: (ms: number) => Promise<unknown>
  /** Milliseconds that only ever rise. */
  readonly elapsed: () => number
  /** The work of a tenant, or finding out where there is some; it is tried again. */
  readonly failed: (error: unknown) => void
}

export type TenantWork = {
  /** ms between two looks at where there is something new. */
  readonly pause: number
  /** By tenant, what is another than before where there is something new; nothing where there is nothing to do. */
  readonly marks: (tenants: readonly string[]) => Promise<ReadonlyMap<string, unknown>>
  /** Gives the ms after which it has to be called again even though nothing is new: 0 where something was left. */
  readonly act: (tenant: string, isNew: boolean) => Promise<number>
}

type Standing = {
  mark: unknown
  /** When it is called again even though nothing is new. */
  due: number
  acting?: Promise<void>
}

/** Goes on until the signal; resolves when all that was begun is over. Of a tenant, one call comes after the other. */
export async function forEachTenant(needs: EachTenantNeeds, { pause, marks, act }: TenantWork): Promise<void> {
  const { tenants, signal, sleep, elapsed, failed } = needs
  const standings = new Map<string, Standing>()

  async function acting(tenant: string, standing: Standing, isNew: boolean): Promise<void> {
    try {
      const rest = await act(tenant, isNew)
      standing.due = elapsed() + rest
    } catch (error) {
      standing.due = elapsed()
      if (!signal.aborted) failed(error)
    }
    delete standing.acting
  }

  /** The mark was there before: what is written meanwhile makes another. */
  function begin(tenant: string, mark: unknown): void {
    const standing = standings.get(tenant) ?? { mark: undefined, due: Number.POSITIVE_INFINITY }
    standings.set(tenant, standing)
    const isNew = mark !== undefined && mark !== standing.mark
    if (standing.acting || !(isNew || elapsed() >= standing.due)) return
    standing.mark = mark
    standing.acting = acting(tenant, standing, isNew)
  }

  async function look(): Promise<void> {
    const open = await tenants()
    const found = await marks(open)
    if (signal.aborted) return
    for (const tenant of open) begin(tenant, found.get(tenant))
    const among = new Set(open)
    for (const [tenant, { acting }] of standings) if (!acting && !among.has(tenant)) standings.delete(tenant)
  }

  while (!signal.aborted) {
    await look().catch(error => {
      if (!signal.aborted) failed(error)
    })
    await sleep(pause)
  }
  await Promise.all([...standings.values()].map(({ acting }) => acting))
}

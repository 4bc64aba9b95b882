/** Kilns that are broken on purpose, each at one place: the test that finds nothing at them would find nothing at all. */
import type { Context, Interaction, InteractionCode } from '../../src/interactions/interaction.ts'
import { all } from '../../src/search/node.ts'
import type { Access } from '../../src/security/access/access.ts'
import { withOperations } from '../operations/operating.ts'
import type { Over } from '../world.ts'

/** `by`: the number of somebody who finds it soon. */
export type Leak = { readonly name: string; readonly by: number; readonly over: Over }

function leak(name: string, by: number, codes: readonly InteractionCode[], broken: (ctx: Context) => Context): Leak {
  const change = (one: Interaction): Interaction =>
    codes.includes(one.code) ? { ...one, handle: (ctx, request) => one.handle(broken(ctx), request) } : one
  const { interactions } = withOperations()
  return { name, by, over: { interactions: new Map([...interactions].map(([form, one]) => [form, change(one)])) } }
}

function open({ access }: Context, letter: 'r' | 's'): Access {
  return { ...access, may: (asked, type) => (asked === letter ? all : access.may(asked, type)) }
}

export const leaks: readonly Leak[] = [
  leak('old versions are not judged', 4, ['vread'], ctx => ({ ...ctx, store: ctx.behind })),
  leak('histories are not judged', 0, ['history-instance', 'history-type', 'history-system'], ctx => ({
    ...ctx,
    store: { ...ctx.store, history: ctx.behind.history },
  })),
  leak('chains lead anywhere', 9, ['search-type'], ctx => ({ ...ctx, access: open(ctx, 's') })),
  leak('what is included is not judged', 6, ['search-type', 'search-system'], ctx => {
    const { store, behind } = ctx
    const search: typeof store.search = query => (query.where.is === 'id' ? behind : store).search(query)
    return { ...ctx, access: open(ctx, 'r'), store: { ...store, search } }
  }),
  leak('all are counted', 9, ['search-type', 'search-system'], ctx => ({
    ...ctx,
    access: open(ctx, 's'),
    store: { ...ctx.store, count: ctx.behind.count },
  })),
  leak('conditions are met by what is hidden', 0, ['create', 'update', 'delete'], ctx => ({
    ...ctx,
    access: open(ctx, 's'),
    store: { ...ctx.store, search: ctx.behind.search },
  })),
  leak('writes are not judged', 3, ['update', 'delete'], ctx => ({
    ...ctx,
    store: { ...ctx.store, commit: ctx.behind.commit },
  })),
  leak('a deletion is told to everybody', 4, ['read'], ctx => ({
    ...ctx,
    store: {
      ...ctx.store,
      async read(key) {
        const version = await ctx.behind.read(key)
        return version?.json === undefined ? version : ctx.store.read(key)
      },
    },
  })),
  leak('hidden elements are shown', 10, ['read'], ctx => ({
    ...ctx,
    store: { ...ctx.store, read: async key => (await ctx.store.read(key)) && ctx.behind.read(key) },
  })),
]

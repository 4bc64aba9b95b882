import t from 'tap'
import { StoreUnavailable } from '../../src/store/port.ts'
import { openKiln } from './kiln.ts'

t.test('a process that works is alive and ready', async t => {
  const { origin } = await openKiln(t)
  t.equal((await fetch(`${origin}/ops/live`)).status, 200)
  t.equal((await fetch(`${origin}/ops/ready`)).status, 200)
})

t.test('with a broken store it is alive, but not ready', async t => {
  const ready = async () => {
    throw new StoreUnavailable('mongodb://db:27017 is away')
  }
  const { origin } = await openKiln(t, {}, { ready })
  t.equal((await fetch(`${origin}/ops/live`)).status, 200)
  const answer = await fetch(`${origin}/ops/ready`)
  t.equal(answer.status, 503)
  t.equal(await answer.text(), 'store not ready\n', 'without the reason, which is for the log')
})

t.test('while it drains it is not ready, but still serves', async t => {
  const { origin, base, drain } = await openKiln(t)
  drain()
  const answer = await fetch(`${origin}/ops/ready`)
  t.equal(answer.status, 503)
  t.equal(await answer.text(), 'draining\n')
  t.equal((await fetch(`${base}/metadata`)).status, 200)
})

t.test('metrics count requests by interaction and status', async t => {
  const { origin, base, create } = await openKiln(t)
  await create('Patient')
  await fetch(`${base}/Patient/absent`)
  const answer = await fetch(`${origin}/ops/metrics`)
  t.match(answer.headers.get('content-type'), /^text\/plain; version=0\.0\.4/)
  const text = await answer.text()
  for (const line of [
    /^kiln_requests_total\{interaction="create",status="2xx"\} 1$/m,
    /^kiln_requests_total\{interaction="read",status="4xx"\} 1$/m,
    /^kiln_request_duration_seconds_count\{interaction="create",status="2xx"\} 1$/m,
    /^kiln_store_commit_writes_count 1$/m,
    /^nodejs_eventloop_lag_p99_seconds /m,
    /^process_resident_memory_bytes /m,
  ]) {
    t.match(text, line)
  }
})

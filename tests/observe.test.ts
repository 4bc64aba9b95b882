import t from 'tap'
import { type Level, logReader, openMetrics } from '../src/observe.ts'

function log(level: Level) {
  const lines: string[] = []
  return { lines, read: logReader(level, { write: line => lines.push(line) }) }
}

t.test('an error is logged by name, codes and place, never by its message: that may quote a patient', async t => {
  const { lines, read } = log('info')
  let error: unknown
  try {
    JSON.parse('{"family": Chalmers}')
  } catch (cause) {
    error = Object.assign(new Error('could not store Patient Chalmers', { cause }), { code: 'E1', id: 'chalmers' })
  }
  read({ event: 'http.failed', request: 'r-1', interaction: 'create', error })
  const [line = ''] = lines
  t.notMatch(line, /chalmers/i)
  t.match(JSON.parse(line), {
    level: 50,
    msg: 'http.failed',
    request: 'r-1',
    interaction: 'create',
    error: { name: 'Error', code: 'E1', at: [/observe\.test/], cause: { name: 'SyntaxError' } },
  })
})

t.test('what is thrown and is no error does no harm', async t => {
  const { lines, read } = log('info')
  read({ event: 'http.failed', request: 'r-1', interaction: 'read', error: 'Chalmers' })
  read({ event: 'http.failed', request: 'r-2', interaction: 'read', error: undefined })
  t.equal(lines.length, 2)
  t.notMatch(lines.join(''), /Chalmers/)
})

t.test('requests are logged at debug only, by their id', async t => {
  const quiet = log('info')
  const chatty = log('debug')
  for (const { read } of [quiet, chatty]) {
    read({ event: 'http.answered', request: 'r-1', interaction: 'read', status: 200, ms: 0.2 })
  }
  t.same(quiet.lines, [])
  t.match(JSON.parse(chatty.lines[0] ?? ''), { msg: 'http.answered', request: 'r-1', status: 200 })
})

t.test('metrics keep what an operator asks for', async t => {
  const { read, print } = openMetrics()
  read({ event: 'http.answered', request: 'r-1', interaction: 'read', status: 200, ms: 0.2 })
  read({ event: 'http.answered', request: 'r-2', interaction: 'none', status: 413, ms: undefined })
  read({ event: 'store.commit', commits: 3, writes: 12, ms: 4 })
  read({ event: 'store.retry', step: 'commit', attempt: 1 })
  read({ event: 'http.malformed', code: 'HPE_INVALID_METHOD', status: 400 })
  const text = await print()
  for (const line of [
    'kiln_requests_total{interaction="read",status="2xx"} 1',
    'kiln_requests_total{interaction="none",status="4xx"} 1',
    'kiln_request_duration_seconds_count{interaction="read",status="2xx"} 1',
    'kiln_store_commit_writes_sum 12',
    'kiln_store_commit_seconds_sum 0.004',
    'kiln_events_total{event="store.retry"} 1',
    'kiln_events_total{event="http.malformed"} 1',
  ]) {
    t.match(text, line)
  }
  t.notMatch(text, 'duration_seconds_count{interaction="none"', 'what was not measured is not counted as quick')
})

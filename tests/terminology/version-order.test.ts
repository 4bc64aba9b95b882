import t from 'tap'
import { laterVersion } from '../../src/terminology/version-order.ts'

t.test('versions are in the order in which they appeared', async t => {
  const edition = (id: string, date: string) => `http://snomed.info/sct/${id}/version/${date}`
  const orders = [
    ['', '1', '1.0', '1.0.1', '1.2', '1.10'],
    ['2.9', '2.78', '2.80'],
    ['20240101', '20250731'],
    ['10072024', '12022024', '01062025', '02032025'],
    ['20250105', '01062025', '20250107'],
    ['2025-01', '2025-02-01', '2026'],
    // The international edition has the largest number, so that it answers who names none.
    [
      edition('731000124108', '20260301'),
      edition('900000000000207008', '20250101'),
      edition('900000000000207008', '20260101'),
    ],
    ['00000000000000000001', '00000000000000000010'],
  ]
  for (const order of orders) {
    t.same([...order].reverse().sort(laterVersion), order)
  }
  t.equal(laterVersion('1.0', '1.0'), 0)
})

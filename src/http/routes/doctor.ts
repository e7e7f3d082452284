/** What an operator should know of the server. */
import { z } from 'zod'
import { answerJson } from '../answer.ts'
import { type Finding, findingStates } from '../doctor.ts'
import type { RouteTable } from '../route.ts'

const doctorShape = z
  .object({
    findings: z.array(
      z.object({
        check: z.string(),
        state: z.enum(findingStates),
        detail: z.string(),
        remedy: z.string().nullable().describe('What to do; null where there is nothing.'),
      }),
    ),
  })
  .meta({ id: 'Doctor' })

export function addDoctorRoutes(
  table: RouteTable,
  examine: () => Promise<readonly Finding[]>,
): void {
  table.general({
    method: 'GET',
    path: '/api/v1/runtime/doctor',
    access: 'admin',
    summary: 'What works on the server, what does not, and what to do.',
    answers: { 200: answerJson('One finding a check.', doctorShape) },
    handle: async () => ({ findings: [...(await examine())] }),
  })
}

/**
 * Runs one statement of a contract or a migration in the engine's worker, as the contract's role.
 */
import { deploySql } from './contract-sql.ts';
import { countSql } from './counted-body.ts';
import type { ContractStatement } from './parsed-contract.ts';
import type { Session } from './session.ts';

/** Between `prepareSql` or `openMigrationSql` and the sealing. @throws SqlFailure */
export function makeStatement(session: Session, contract: string, statement: ContractStatement): void {
  session.query(deploySql(contract), [statement.text]);
  if (statement.counted !== undefined) session.execute(countSql(contract, statement.name, statement.counted));
}

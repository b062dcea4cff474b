-- The canonical tables other than transactions and balances, which are posted slice by slice.

INSERT INTO main.customers BY NAME
SELECT customer_no(i) AS customer_no, kind, name, sex, birth_on, id_type, id_no, phone, email, address, region, occupation,
    industry, business_type, customer_group, outlet_code, manager_no, opened_on, closed_on
FROM people JOIN files USING (i);

INSERT INTO main.accounts BY NAME
SELECT account_no(i, role, instance) AS account_no, customer_no(i) AS customer_no, product_code, outlet_code,
    'CNY' AS currency, principal_cents, opened_on, opening, matures_on, closed_on
FROM holdings JOIN files USING (i);

INSERT INTO main.events BY NAME
SELECT prefix || '-' || year(happened_on) || '-' || lpad(row_number() OVER (PARTITION BY prefix, year(happened_on)
        ORDER BY happened_on, i, number)::VARCHAR, 7, '0') AS event_no,
    customer_no(i) AS customer_no, kind, happened_on, outcome, severity, satisfaction, intention, amount_cents,
    CASE WHEN kind IN ('CONTACT', 'VISIT', 'HOLDINGS_ELSEWHERE') THEN manager_no END AS staff_no
FROM happenings JOIN files USING (i)
JOIN (VALUES ('COMPLAINT', 'TS'), ('ANSWER', 'DC'), ('REFERRAL', 'TJ'), ('CONTACT', 'LX'), ('VISIT', 'BF'),
    ('HOLDINGS_ELSEWHERE', 'CC')) AS prefixes(kind, prefix) USING (kind);

INSERT INTO main.relations BY NAME
SELECT customer_no(referrer) AS from_customer_no, customer_no(i) AS to_customer_no, 'REFERRED' AS kind, opened_on AS since_on
FROM referred;

-- Families: husbands and wives of one outlet and generation, and their elders thirty years before.
CREATE TABLE households AS
SELECT i, sex, outlet, year(birth_on) // 6 AS cohort, opened_on, birth_on,
    row_number() OVER (PARTITION BY outlet, sex, year(birth_on) // 6 ORDER BY draw('household', i, 0), i) AS position
FROM people WHERE kind = 'INDIVIDUAL' AND i >= first_generated();

INSERT INTO main.relations BY NAME
SELECT customer_no(m.i) AS from_customer_no, customer_no(f.i) AS to_customer_no, 'SPOUSE' AS kind,
    greatest(m.opened_on, f.opened_on) AS since_on
FROM households AS m JOIN households AS f USING (outlet, cohort, position)
WHERE m.sex = 'M' AND f.sex = 'F' AND m.birth_on < business_on() - 8800 AND f.birth_on < business_on() - 8400 AND m.position % 4 = 1
UNION ALL BY NAME
SELECT customer_no(elder.i) AS from_customer_no, customer_no(child.i) AS to_customer_no, 'PARENT' AS kind,
    greatest(elder.opened_on, child.opened_on) AS since_on
FROM households AS elder JOIN households AS child ON child.outlet = elder.outlet AND child.cohort = elder.cohort + 5
    AND child.position = elder.position
WHERE elder.position % 5 = 2 AND elder.sex = 'F';

-- Firms are led by somebody who is a customer too, and buy from one another.
CREATE TABLE leaders AS
SELECT i, outlet, opened_on, row_number() OVER (PARTITION BY outlet ORDER BY wealth_cents DESC, i) - 1 AS position,
    count(*) OVER (PARTITION BY outlet) AS total
FROM people
WHERE kind = 'INDIVIDUAL' AND i >= first_generated() AND age BETWEEN 28 AND 70;

INSERT INTO main.relations BY NAME
WITH firms AS (
    SELECT p.i, outlet, opened_on, below(draw('leader', p.i, 0), 1000) AS u FROM people AS p
    WHERE kind = 'ENTERPRISE' AND i >= first_generated() AND below(draw('leader', p.i, 1), 100) < 80
), totals AS (SELECT DISTINCT outlet, total FROM leaders)
SELECT customer_no(l.i) AS from_customer_no, customer_no(f.i) AS to_customer_no, 'LEGAL_REPRESENTATIVE' AS kind,
    greatest(f.opened_on, l.opened_on) AS since_on
FROM firms AS f JOIN totals USING (outlet)
JOIN leaders AS l ON l.outlet = f.outlet AND l.position = f.u * f.u * totals.total // 4000000;

CREATE TABLE firms AS
SELECT i, outlet, opened_on, row_number() OVER (PARTITION BY outlet ORDER BY draw('supplier', i, 0), i) AS position
FROM people WHERE kind = 'ENTERPRISE' AND i >= first_generated();

INSERT INTO main.relations BY NAME
SELECT customer_no(s.i) AS from_customer_no, customer_no(b.i) AS to_customer_no, 'SUPPLIER' AS kind,
    greatest(s.opened_on, b.opened_on) AS since_on
FROM firms AS s JOIN firms AS b ON b.outlet = s.outlet AND b.position = s.position + 1
WHERE s.position % 3 = 0;

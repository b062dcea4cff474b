-- The customer file: names, identity, contact, who looks after whom.

CREATE TABLE files AS
WITH marked AS (
    SELECT
        p.*,
        below(draw('surname', i, 0), surname_total()) AS surname_mark,
        CASE WHEN age >= 57 THEN 0 WHEN age >= 42 THEN 1 WHEN age >= 27 THEN 2 ELSE 3 END AS generation,
        below(draw('name style', i, 0), 1000) AS style,
        below(draw('region', i, 0), len(id_regions())) AS id_region
    FROM people AS p
    WHERE i >= first_generated()
), named AS (
    SELECT marked.*,
        CASE WHEN style < 450 THEN pick(given_names(generation, sex), 'given', i, 0)
             ELSE pick(given_letters(sex), 'given', i, 1) || pick(given_letters(sex), 'given', i, 2) END AS given
    FROM marked
), numbered AS (
    SELECT named.*, surname,
        id_regions()[id_region + 1] || strftime(birth_on, '%Y%m%d')
            || lpad(((below(draw('sequence', id_region, date_diff('day', DATE '1900-01-01', birth_on)), 300)
                + row_number() OVER (PARTITION BY id_region, birth_on, sex ORDER BY i)) * 2
                - CASE sex WHEN 'M' THEN 1 ELSE 0 END)::VARCHAR, 3, '0') AS resident_body,
        below(draw('trade', i, 0), len(trades())) + 1 AS trade
    FROM named ASOF JOIN surnames ON named.surname_mark >= surnames.from_mark
), uscc AS (
    -- A bijection modulo 31^6 keeps the organisation codes apart.
    SELECT i, 'MA' || base31((i * 387420489 + 514229) % 887503681) AS body,
        CASE WHEN business_type = 'MICRO' AND draw('register', i, 0) % 3 = 0 THEN '92' ELSE '91' END
            || id_regions()[id_region + 1] || body || organisation_check(body) AS code
    FROM numbered
    WHERE kind = 'ENTERPRISE'
)
SELECT
    n.i,
    CASE WHEN n.kind = 'ENTERPRISE' THEN pick(brand_heads(), 'brand', i, 0) || pick(brand_tails(), 'brand', i, 1)
            || pick(string_split(trades()[trade][2], ' '), 'trade word', i, 0)
            || CASE WHEN business_type = 'PROJECT' THEN '集团有限公司' WHEN draw('form', i, 0) % 9 = 0
                    THEN '股份有限公司' ELSE '有限公司' END
         WHEN style >= 992 THEN pick(dotted_names(sex), 'dotted', i, 0)
         WHEN style >= 986 THEN surname || pick(rare_names(), 'rare', i, 0)
         ELSE surname || given END AS name,
    CASE WHEN n.kind = 'ENTERPRISE' THEN 'USCC' WHEN style < 3 THEN 'PASSPORT' ELSE 'RESIDENT_ID' END AS id_type,
    CASE id_type WHEN 'USCC' THEN code || uscc_check(code)
         WHEN 'PASSPORT' THEN 'E' || lpad(((i * 61803399) % 100000000)::VARCHAR, 8, '0')
         ELSE resident_body || resident_check(resident_body) END AS id_no,
    CASE WHEN below(draw('phone', i, 0), 100) < 97
         THEN pick(phone_prefixes(), 'phone prefix', i, 0) || lpad(((i * 61803399 + 27182818) % 100000000)::VARCHAR, 8, '0')
         END AS phone,
    CASE WHEN below(draw('email', i, 0), 1000) < 100 + digital // 3
         THEN 'c' || ((i * 48271) % 2147483647)::VARCHAR || '@example.com' END AS email,
    CASE WHEN below(draw('address', i, 0), 100) < 82
         THEN outlets.region || pick(streets(), 'street', i, 0) || (1 + below(draw('house', i, 0), 288))::VARCHAR || '号'
            || CASE WHEN n.kind = 'INDIVIDUAL' THEN (1 + below(draw('house', i, 1), 24))::VARCHAR || '幢'
                || (1 + below(draw('house', i, 2), 18))::VARCHAR || lpad((1 + below(draw('house', i, 3), 4))::VARCHAR, 2, '0')
                || '室' ELSE '' END
         END AS address,
    outlets.region,
    CASE WHEN n.kind = 'INDIVIDUAL' AND below(draw('occupation', i, 0), 100) < 76
         THEN CASE WHEN age >= 62 THEN '退休人员' WHEN age < 22 THEN '学生'
                   WHEN business_type = 'MICRO' THEN '个体经营者' ELSE pick(occupations(), 'occupation', i, 1) END
         END AS occupation,
    CASE WHEN n.kind = 'ENTERPRISE' OR business_type = 'MICRO' THEN trades()[trade][1] END AS industry,
    outlets.outlet_code,
    CASE WHEN closed_on < window_on() THEN NULL ELSE seats.staff_no END AS manager_no
FROM numbered AS n
LEFT JOIN uscc USING (i)
JOIN outlets ON outlets.position = n.outlet
JOIN seats ON seats.outlet = n.outlet AND seats.seat = 1 + CASE WHEN n.kind = 'ENTERPRISE'
    THEN below(draw('seat', i, 0), greatest(1, seat_count() // 6)) ELSE below(draw('seat', i, 0), seat_count()) END;

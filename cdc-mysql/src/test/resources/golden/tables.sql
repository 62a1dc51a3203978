-- generated and invisible columns
create table made (id int primary key, a int, doubled int as (a * 2) stored, tripled int as (a * 3) virtual, hidden int invisible default 7);
insert into made (id, a) values (1, 5);
update made set a = 6 where id = 1;
update made set hidden = 8 where id = 1;
=> CREATED made 1 {id=int64 1, a=int64 5, doubled=int64 10, tripled=int64 15, hidden=int64 7}
=> UPDATED made 1 {id=int64 1, a=int64 6, doubled=int64 12, tripled=int64 18, hidden=int64 7} was {id=int64 1, a=int64 5, doubled=int64 10, tripled=int64 15, hidden=int64 7} changed [a, doubled, tripled]
=> UPDATED made 1 {id=int64 1, a=int64 6, doubled=int64 12, tripled=int64 18, hidden=int64 8} was {id=int64 1, a=int64 6, doubled=int64 12, tripled=int64 18, hidden=int64 7} changed [hidden]

-- an index over an expression adds no column [mysql]
create table indexed (id int primary key, name varchar(20), tags json, key lowered ((lower(name))), key multi ((cast(tags as unsigned array))));
insert into indexed values (1, 'Ab', '[1, 2]');
update indexed set name = 'Cd' where id = 1;
=> CREATED indexed 1 {id=int64 1, name=string 'Ab', tags=json [1, 2]}
=> UPDATED indexed 1 {id=int64 1, name=string 'Cd', tags=json [1, 2]} was {id=int64 1, name=string 'Ab', tags=json [1, 2]} changed [name]

-- a key made by the server [mysql]
set session sql_generate_invisible_primary_key = on;
create table keyless (a int);
insert into keyless values (5);
=> CREATED keyless 1 {my_row_id=uint64 1, a=int64 5}

-- system versioned, implicit [mariadb]
create table versioned (id int primary key, a int) with system versioning;
insert into versioned values (1, 1);
update versioned set a = 2 where id = 1;
delete from versioned where id = 1;
=> CREATED versioned 1 {id=int64 1, a=int64 1}
=> UPDATED versioned 1 {id=int64 1, a=int64 2} was {id=int64 1, a=int64 1} changed [a]
=> DELETED versioned 1 was {id=int64 1, a=int64 2}

-- system versioned, explicit [mariadb]
create table period (id int primary key, a int, s timestamp(6) generated always as row start, e timestamp(6) generated always as row end, period for system_time (s, e)) with system versioning;
set timestamp = 1700000000;
insert into period (id, a) values (1, 1);
set timestamp = 1700000001;
update period set a = 2 where id = 1;
set timestamp = 1700000002;
delete from period where id = 1;
=> CREATED period 1 {id=int64 1, a=int64 1, s=timestamp 2023-11-14T22:13:20Z}
=> UPDATED period 1 {id=int64 1, a=int64 2, s=timestamp 2023-11-14T22:13:21Z} was {id=int64 1, a=int64 1, s=timestamp 2023-11-14T22:13:20Z} changed [a, s]
=> DELETED period 1 was {id=int64 1, a=int64 2, s=timestamp 2023-11-14T22:13:21Z}

-- sequences [mariadb]
create sequence counter start with 5 cache 2;
create table counted (id int primary key default nextval(counter), a int);
insert into counted (a) values (1), (2), (3);
select nextval(counter);
do setval(counter, 100);
=> CREATED counted 5 {id=int64 5, a=int64 1}
=> CREATED counted 6 {id=int64 6, a=int64 2}
=> CREATED counted 7 {id=int64 7, a=int64 3}

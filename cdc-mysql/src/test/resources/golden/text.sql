-- labels with special characters
create table labelled (id int primary key, e enum('a,b', 'it''s', 'ü', '', ' x') character set utf8mb4, s set('p q', 'r;s', '''', 'ß') character set latin1);
insert into labelled values (1, 'a,b', 'p q,ß'), (2, 'it''s', ''''), (3, 'ü', ''), (4, '', 'r;s'), (5, ' x', null);
=> CREATED labelled 1 {id=int64 1, e=string 'a,b', s=string 'p q,ß'}
=> CREATED labelled 2 {id=int64 2, e=string 'it's', s=string '''}
=> CREATED labelled 3 {id=int64 3, e=string 'ü', s=string ''}
=> CREATED labelled 4 {id=int64 4, e=string '', s=string 'r;s'}
=> CREATED labelled 5 {id=int64 5, e=string ' x', s=null}

-- a set of 64 labels
create table wide_set (id int primary key, s set('1','2','3','4','5','6','7','8','9','10','11','12','13','14','15','16','17','18','19','20','21','22','23','24','25','26','27','28','29','30','31','32','33','34','35','36','37','38','39','40','41','42','43','44','45','46','47','48','49','50','51','52','53','54','55','56','57','58','59','60','61','62','63','64'));
insert into wide_set values (1, '1,64'), (2, '33,34');
=> CREATED wide_set 1 {id=int64 1, s=string '1,64'}
=> CREATED wide_set 2 {id=int64 2, s=string '33,34'}

-- an enum of more than 255 labels keeps its index in two bytes
create table many (id int primary key);
set session group_concat_max_len = 100000;
set @labels = (select group_concat(concat('''v', n, '''')) from (with recursive s(n) as (select 1 union all select n + 1 from s where n < 300) select n from s) numbers);
set @sql = concat('alter table many add e enum(', @labels, ')');
prepare make from @sql;
execute make;
insert into many values (1, 'v300'), (2, 'v1'), (3, 'v256');
=> CREATED many 1 {id=int64 1, e=string 'v300'}
=> CREATED many 2 {id=int64 2, e=string 'v1'}
=> CREATED many 3 {id=int64 3, e=string 'v256'}

-- character sets
create table sets (id int primary key, a varchar(20) character set latin1, b varchar(20) character set utf16, c text character set gbk, d char(20) character set sjis, e varchar(20) character set utf8mb3, f tinytext character set utf8mb4, g char(3) character set ucs2, h varchar(5) character set cp1250);
insert into sets values (1, '€Žÿ', 'añ€😀', '汉字', '日本', 'añ€', '😀', 'añ', 'ąőř');
insert into sets values (2, '', '', '', '', '', '', '', '');
=> CREATED sets 1 {id=int64 1, a=string '€Žÿ', b=string 'añ€😀', c=string '汉字', d=string '日本', e=string 'añ€', f=string '😀', g=string 'añ', h=string 'ąőř'}
=> CREATED sets 2 {id=int64 2, a=string '', b=string '', c=string '', d=string '', e=string '', f=string '', g=string '', h=string ''}

-- lengths on both sides of a byte
create table long_text (id int primary key, a varchar(63) character set utf8mb4, b varchar(64) character set utf8mb4, c char(255) character set utf8mb4, d varchar(255) character set latin1, e varchar(256) character set latin1);
insert into long_text values (1, repeat('😀', 2), repeat('x', 3), repeat('é', 4), repeat('ü', 5), repeat('ß', 6));
=> CREATED long_text 1 {id=int64 1, a=string '😀😀', b=string 'xxx', c=string 'éééé', d=string 'üüüüü', e=string 'ßßßßßß'}
